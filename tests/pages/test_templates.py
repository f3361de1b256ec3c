"""The templates of the pages among each other."""

from __future__ import annotations

import pytest
from jinja2 import nodes

from reskontra.pages import screen

_ENVIRONMENT = screen._environment()


@pytest.mark.parametrize("name", _ENVIRONMENT.list_templates(["html"]))
def test_no_template_hides_a_name_that_all_have(name: str) -> None:
    """A macro `thing` in a template would be called by whoever means the `thing()` of all templates."""
    assert _ENVIRONMENT.loader is not None
    tree = _ENVIRONMENT.parse(_ENVIRONMENT.loader.get_source(_ENVIRONMENT, name)[0])
    own = {macro.name for macro in tree.find_all(nodes.Macro)}
    own |= {it.name for it in tree.find_all(nodes.Name) if it.ctx != "load"}
    assert own & set(_ENVIRONMENT.globals) == set()
