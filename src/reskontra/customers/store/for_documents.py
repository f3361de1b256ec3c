"""A customer as documents, letters and payments see it: its record, and fragments for their statements."""

from __future__ import annotations

import msgspec

from reskontra.changes.store import reference_still_at
from reskontra.customers.customer import Debtor, Payer
from reskontra.customers.store.fragments import by_number
from reskontra.records import columns

_PARTS = {
    "location", "main_address", "invoice_address", "invoice_contact", "own_methods", "balance", "unreleased",
    "salesperson_id",
}  # fmt: skip


def _columns(record: type[Payer]) -> str:
    return ", ".join(f"customer.{column}" for column in columns(record) if column not in _PARTS)


def one_row(table: str, *conditions: str) -> str:
    """A scalar: the row of a table of company $1 that the conditions (`<column> = <expression>`) name, as JSON."""
    where = " and ".join(f"part.{condition}" for condition in conditions)
    return f"(select row_to_json(part.*) from {table} as part where part.company_id = $1 and {where})"


def _of_location(column: str, location_id: str) -> str:
    return f"""(select part.{column} from location as part
                      where part.company_id = $1 and part.customer_id = customer.customer_id
                        and part.location_id = {location_id})"""


def _for_invoices(column: str, own: str, main: str, *, elsewhere: bool) -> str:
    """The condition that finds the address or contact of invoices (CUS-04, decision 0011).

    It is the default location's if the customer wants that, else that of the document's location if it is another one
    with its own, else the customer's.
    """
    of_place = (
        f"""when place.location_id <> customer.default_location_id
                        then {_of_location(column, "place.location_id")}"""
        if elsewhere
        else ""
    )
    return f"""{column} = coalesce(
                   case when customer.invoice_to_default_location
                        then coalesce({_of_location(column, "customer.default_location_id")}, customer.{main})
                        {of_place} end,
                   customer.{own}, customer.{main})"""


def for_document(location_id: str | None = None) -> str:
    """A select of one column, `debtor` (JSON for `read_debtor`), at the location with that id, an SQL expression.

    None is the customer's default location. It ends inside its where clause: add `and {by_number("$2")}` or
    `and {by_id("document.customer_id")}`, and put it in parentheses as a scalar. Each part is a subselect of its own: a
    join is planned by statistics, and while a table is new and has none, the plan may begin at the wrong end and read
    all customers of the company.
    """
    elsewhere = location_id is not None
    address_id = _for_invoices("address_id", "invoice_address_id", "main_address_id", elsewhere=elsewhere)
    contact_id = _for_invoices("contact_id", "invoice_contact_id", "main_contact_id", elsewhere=elsewhere)
    return _at_location(
        location_id,
        f"""{_columns(Debtor)},
               {one_row("address", "address_id = customer.main_address_id")} as main_address,
               {one_row("address", address_id)} as invoice_address,
               {one_row("contact_details", contact_id)} as invoice_contact,
               (select seller.salesperson_id from customer_salesperson as seller
                 where seller.company_id = $1 and seller.customer_id = customer.customer_id
                   and seller.location_id = place.location_id and seller.is_default) as salesperson_id""",
    )


def for_payment(location_id: str | None = None) -> str:
    """The same for `read_payer`: only what a payment needs."""
    return _at_location(location_id, _columns(Payer))


def _at_location(location_id: str | None, values: str) -> str:
    return f"""
    select row_to_json(debtor.*) as debtor
      from customer
     cross join lateral (select {location_id or "customer.default_location_id"} as location_id) as place
     cross join lateral (
        select {values},
               {one_row("location", "customer_id = customer.customer_id", "location_id = place.location_id")}
                   as location,
               (select coalesce(json_agg(own.*), '[]')
                  from (select method.payment_method_id, method.active, method.cash_account
                          from customer_payment_method as method
                         where method.company_id = $1 and method.customer_id = customer.customer_id
                           and method.version > 0) as own) as own_methods) as debtor
     where customer.company_id = $1"""


FOR_DOCUMENT = for_document()
"""The same at the customer's default location."""


def _of_invoices(table: str, column: str, own: str, main: str) -> str:
    return one_row(table, _for_invoices(column, own, main, elsewhere=False))


ADDRESSED = f"""
    select json_build_object(
               'name', customer.name, 'locale', customer.locale,
               'address', {_of_invoices("address", "address_id", "invoice_address_id", "main_address_id")},
               'attention', {
    _of_invoices("contact_details", "contact_id", "invoice_contact_id", "main_contact_id")
} ->> 'attention',
               'main_country_id', {one_row("address", "address_id = customer.main_address_id")} ->> 'country_id')
      from customer
     where customer.company_id = $1"""
"""A select of one column: where a customer's post goes, as JSON like `Addressed`. It ends inside its where clause."""


def has_moved_on(debtor: str) -> str:
    """A condition over a `debtor` read with its customer's row locked: the row changed during the wait for the lock, so
    that the other parts are older than it is."""
    return f"""(({debtor} ->> 'version')::bigint is distinct from (
                   select seen.version from customer as seen
                    where seen.company_id = $1 and seen.customer_id = ({debtor} ->> 'customer_id')::integer))"""


def location_id_of(location_cd: str) -> str:
    """A scalar over `customer`, for `for_document` and `for_payment`: the id of its location with this code in any
    case, or null."""
    return f"""(select named.location_id from location as named
                 where named.company_id = customer.company_id and named.customer_id = customer.customer_id
                   and lower(named.location_cd) collate "C" = lower({location_cd} collate "C"))"""


def keep_customer(number: str, source: str) -> str:
    """A select of the `version` of the customer with that number, whose row is kept from changing; no row for null.

    `source` is a relation of one row that is read first.
    """
    return f"""
        select customer.version from {source} join customer on customer.company_id = $1
         where {number} is not null and {by_number(number)}
           for key share of customer"""


def unchanged(customer_id: str, version: str, reference_version: str, *, name: str = "buyer") -> str:
    """A CTE with a row if the customer and the reference data still have these versions, kept so until the end.

    The arguments are SQL expressions. It does not wait for a transaction that changes either: then there is no row.

    Commands that change a customer lock its row against this, so that no document is made for one that becomes inactive
    at the same moment (CST-01).
    """
    return f"""{name} as materialized (
        select from customer
         where company_id = $1 and customer_id = {customer_id} and version = {version}
           and {reference_still_at(reference_version)}
           for key share skip locked)"""


_decoder = msgspec.json.Decoder(Debtor)
_payer_decoder = msgspec.json.Decoder(Payer)


def read_debtor(text: str | bytes) -> Debtor:
    """The `debtor` column of `for_document` as a record; amounts keep the scale of their columns."""
    return _decoder.decode(text)


def read_payer(text: str | bytes) -> Payer:
    """The `debtor` column of `for_payment` as a record."""
    return _payer_decoder.decode(text)
