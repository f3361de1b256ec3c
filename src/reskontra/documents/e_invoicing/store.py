"""E-invoices with the customers of their documents."""

from __future__ import annotations

from reskontra.e_invoices.store import DOCUMENT_ID, Delivery, listed
from reskontra.receivables.store.for_dunning import is_of_customer, mention


class Sent(Delivery, frozen=True, kw_only=True):
    """An e-invoice on its way to a customer."""

    customer_number: str
    customer_name: str


_DOCUMENT = mention(DOCUMENT_ID)
SENT = listed(
    Sent, customer_number=f"{_DOCUMENT} ->> 'customer_number'", customer_name=f"{_DOCUMENT} ->> 'customer_name'"
)
"""E-invoices by the type and number of their documents."""

IS_OF_CUSTOMER = is_of_customer(DOCUMENT_ID, "{}")
"""The condition that an e-invoice is of a document of the customer with this number."""
