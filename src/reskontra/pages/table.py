"""Every page: its address, what makes it, and who may see it."""

from __future__ import annotations

from collections.abc import Sequence

from reskontra.pages import customers, settings
from reskontra.pages.site import Page

PAGES: Sequence[Page] = (
    Page("GET", "customers", customers.show_customers),
    Page("POST", "company", settings.choose_company),
    Page("GET", "preferences", settings.show_preferences),
    Page("POST", "preferences", settings.change_preferences),
    Page("GET", "api/{path:rest}", settings.fetch),
)
"""What bookkeepers see, in `serve` and in the sandbox."""

SANDBOX_PAGES: Sequence[Page] = ()
"""What only a sandbox has."""
