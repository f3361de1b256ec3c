"""Who receives a customer's letters (LET-06, decision 0012), and what their fees wait for."""

from __future__ import annotations

from collections.abc import Sequence

from reskontra.customers.customer import Status
from reskontra.customers.store.for_documents import ADDRESSED
from reskontra.db.pool import Connection
from reskontra.records import Record


class Addressee(Record, frozen=True, kw_only=True):
    """A customer as its letters see it."""

    customer_id: int
    number: str
    name: str
    status: Status
    currency_id: str
    currency_override: bool
    rate_type: str | None
    print_dunning_letters: bool
    email_dunning_letters: bool


_COLUMNS = ", ".join(f"party.{column}" for column in Addressee.__struct_fields__)


def members(letters_go_to_parent: str) -> str:
    """A select of the customers of company $1 in any order, each with whom its letters go to.

    Columns: customer_id, number, status, addressee_id, addressee_number, addressee_class_id, addressee_name,
    addressee_status, and whether the addressee takes letters: printed, emailed. `letters_go_to_parent` is an SQL
    expression: whether letters to a customer that has a parent go to the parent. The select ends inside its where
    clause.
    """
    return f"""
    select member.customer_id, member.number, member.status, addressee.customer_id as addressee_id,
           addressee.number as addressee_number, addressee.customer_class_id as addressee_class_id,
           addressee.name as addressee_name, addressee.status as addressee_status,
           addressee.print_dunning_letters as printed, addressee.email_dunning_letters as emailed
      from customer as member
      join customer as addressee on addressee.company_id = $1
       and addressee.customer_id = coalesce(case when {letters_go_to_parent} then member.parent_customer_id end,
                                            member.customer_id)
     where member.company_id = $1"""


async def find_addressee_ids(
    connection: Connection, company_id: int, numbers: Sequence[str], *, letters_go_to_parent: bool
) -> list[int | None]:
    """Whom the letters to these customers go to: ids in the order of the numbers, None for one that is not known."""
    rows = await connection.fetch(
        f"""
        select (select addressee_id
                  from ({members("$3::boolean")}
                           and lower(member.number) collate "C" = lower(sent.number collate "C")) as found)
          from unnest($2::text[]) with ordinality as sent (number, position)
         order by position
        """,
        company_id,
        numbers,
        letters_go_to_parent,
    )
    return [row["addressee_id"] for row in rows]


async def find_families(
    connection: Connection, company_id: int, parents: Sequence[int]
) -> dict[int, tuple[int, Status]]:
    """These customers and their children: customer id -> id of whom its letters go to, and its own status."""
    rows = await connection.fetch(
        f"""
        {members("true")}
           and (member.customer_id = any ($2::integer[]) or member.parent_customer_id = any ($2::integer[]))
        """,
        company_id,
        parents,
    )
    return {row["customer_id"]: (row["addressee_id"], Status(row["status"])) for row in rows}


def addressed(customer_id: str) -> str:
    """A scalar: where the post of a customer goes, as JSON like `Addressed`."""
    return f"({ADDRESSED} and customer.customer_id = {customer_id})"


def parties(ids: str) -> str:
    """A select of the customers with these ids, an SQL array: the columns of `Addressee`, from `customer as party`."""
    return f"""
    select {_COLUMNS}
      from customer as party
     where party.company_id = $1 and party.customer_id = any ({ids})"""
