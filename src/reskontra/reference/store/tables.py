"""SQL of the reference data that has no room of its own.

Inserts take the rows of `rules` as one JSON array per table: a company has many small tables and few round trips.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reskontra.changes.lists.store import Paged, json_record
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.db.upsert import or_write_anew
from reskontra.reference.rules.branches import Branch, Country
from reskontra.reference.rules.classes import CustomerClass, ReasonCode, StatementCycle
from reskontra.reference.rules.dunning_levels import DunningLevel, LegalRate
from reskontra.reference.rules.dunning_texts import DunningText

# Reading the reference data of company $1: each is a select shaped like the class of its name in `rules`.

# What no decision asks for is kept in `detail`, under the names of the class.
_BRANCH_COLUMNS = """branch_number, name, active, vat_zone_id, currency_id, country_id, subaccount_id,
           detail ->> 'corporate_id' as corporate_id, detail ->> 'vat_registration_id' as vat_registration_id,
           detail ->> 'industry_code' as industry_code, detail ->> 'industry_description' as industry_description,
           detail -> 'main_address' as main_address, detail -> 'main_contact' as main_contact,
           detail -> 'delivery_address' as delivery_address, detail -> 'delivery_contact' as delivery_contact,
           detail -> 'bank' as bank"""

_BRANCH_ROWS = f"""
    select {_BRANCH_COLUMNS}
      from branch
     where company_id = $1
     order by branch_number"""

_COUNTRY_ROWS = """
    select country_id, name from country where company_id = $1 order by country_id"""

_CUSTOMER_CLASS_COLUMNS = """customer_class_id, description, terms_id, currency_id, currency_override, rate_type,
           rate_override, payment_method_id, vat_zone_id, vat_zone_required, statement_cycle_id, statement_type,
           credit_verification, credit_limit, credit_days_past_due, overdue_charge, overdue_charge_code,
           write_off_allowed, write_off_limit, auto_apply, print_invoices, email_invoices, print_dunning_letters,
           email_dunning_letters, print_statements, email_statements, multi_currency_statements, locale, country_id,
           customer_ledger_account, customer_ledger_subaccount_id, sales_account, sales_non_taxable_account,
           sales_eu_account, sales_export_account, sales_subaccount_id, discount_account, discount_subaccount_id,
           freight_account, freight_subaccount_id, cash_discount_account, cash_discount_subaccount_id,
           prepayment_account, prepayment_subaccount_id"""

_CUSTOMER_CLASS_ROWS = f"""
    select {_CUSTOMER_CLASS_COLUMNS}
      from customer_class
     where company_id = $1
     order by customer_class_id"""

_STATEMENT_CYCLE_ROWS = """
    select cycle.*
      from statement_cycle,
           json_to_record((detail || jsonb_build_object('statement_cycle_id', statement_cycle_id,
                                                        'description', description))::json)
               as cycle (statement_cycle_id text, description text, schedule text, day_1 integer, day_2 integer,
                         ageing_days json, age_by_due_date boolean, require_payment_application boolean,
                         require_overdue_charges boolean, print_empty_statements boolean)
     where company_id = $1
     order by 1"""

_REASON_CODE_ROWS = """
    select reason_code_id, description, usage, account_number
      from reason_code
     where company_id = $1
     order by reason_code_id"""

_DUNNING_LEVEL_ROWS = """
    select level, description, days_past_due, days_to_settle, fee
      from dunning_level
     where company_id = $1
     order by level"""

_DUNNING_TEXT_ROWS = """
    select level, language, subject, opening, closing
      from dunning_text
     where company_id = $1
     order by level, language"""

_LEGAL_RATE_ROWS = """
    select kind, start_date, amount, source from legal_rate where company_id = $1 order by kind, start_date"""


async def put_branches(connection: Connection, company_id: int, branches: Sequence[Branch], moment: datetime) -> None:
    """Add branches, with the next ids in the order of the rows, or write them anew. `moment` is in UTC."""
    await connection.execute(
        f"""
        insert into branch (
               company_id, branch_id, branch_number, name, active, vat_zone_id, currency_id, country_id, subaccount_id,
               detail, modified_at)
        select $1, position + (select coalesce(max(branch_id), 0) from branch where company_id = $1),
               sent.branch_number, sent.name, sent.active, sent.vat_zone_id, sent.currency_id,
               sent.country_id, sent.subaccount_id,
               jsonb_strip_nulls(content - array['branch_number', 'name', 'active', 'vat_zone_id', 'currency_id',
                                                 'country_id', 'subaccount_id']),
               $3
          from jsonb_array_elements($2::jsonb) with ordinality as numbered (content, position),
               jsonb_to_record(content) as sent (
               branch_number text, name text, active boolean, vat_zone_id text, currency_id text, country_id text,
               subaccount_id integer)
        {
            or_write_anew(
                "branch_pk",
                "name, active, vat_zone_id, currency_id, country_id, subaccount_id, detail, modified_at",
            )
        }
        """,
        company_id,
        as_json(branches),
        moment,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundBranch:
    """A branch as it is stored."""

    branch: Branch
    branch_id: int
    modified_at: datetime


BRANCHES = Paged(
    entity="Branch",
    found="select branch.* from branch where branch.company_id = $1",
    key=("branch.branch_number",),
    columns=f"""json_build_object(
               'branch', (select row_to_json(part) from (select {_BRANCH_COLUMNS}) as part),
               'branch_id', branch.branch_id, 'modified_at', branch.modified_at)::text as record""",
    read=json_record(FoundBranch),
    sort_key=lambda found: (found.branch.branch_number,),
    is_tallied=False,
)
"""Branches by number."""


async def put_countries(connection: Connection, company_id: int, countries: Sequence[Country]) -> None:
    """Add countries to a company or write them anew."""
    await connection.execute(
        f"""
        insert into country (company_id, country_id, name)
        select $1, country_id, name from json_to_recordset($2::json) as sent (country_id text, name text)
        {or_write_anew("country_pk", "name")}
        """,
        company_id,
        as_json(countries),
    )


async def put_customer_classes(
    connection: Connection, company_id: int, classes: Sequence[CustomerClass], moment: datetime
) -> None:
    """Add customer classes to a company or write them anew. `moment` is in UTC."""
    # The rows have the table's own names and types, so that the 44 columns stand in one list only.
    await connection.execute(
        f"""
        insert into customer_class (company_id, modified_at, {_CUSTOMER_CLASS_COLUMNS})
        select $1, $3, {_CUSTOMER_CLASS_COLUMNS} from json_populate_recordset(null::customer_class, $2::json)
        {or_write_anew("customer_class_pk", f"{_CUSTOMER_CLASS_COLUMNS}, modified_at")}
        """,
        company_id,
        as_json(classes),
        moment,
    )


async def put_statement_cycles(connection: Connection, company_id: int, cycles: Sequence[StatementCycle]) -> None:
    """Add statement cycles to a company or write them anew."""
    await connection.execute(
        f"""
        insert into statement_cycle (company_id, statement_cycle_id, description, detail)
        select $1, cycle ->> 'statement_cycle_id', cycle ->> 'description',
               cycle - 'statement_cycle_id' - 'description'
          from jsonb_array_elements($2::jsonb) as cycle
        {or_write_anew("statement_cycle_pk", "description, detail")}
        """,
        company_id,
        as_json(cycles),
    )


async def put_reason_codes(connection: Connection, company_id: int, codes: Sequence[ReasonCode]) -> None:
    """Add reason codes to a company or write them anew."""
    await connection.execute(
        f"""
        insert into reason_code (company_id, reason_code_id, description, usage, account_number)
        select $1, reason_code_id, description, usage, account_number
          from json_to_recordset($2::json) as sent (
               reason_code_id text, description text, usage text, account_number text)
        {or_write_anew("reason_code_pk", "description, usage, account_number")}
        """,
        company_id,
        as_json(codes),
    )


async def put_dunning_levels(connection: Connection, company_id: int, levels: Sequence[DunningLevel]) -> None:
    """Add levels of reminding to a company or write them anew."""
    await connection.execute(
        f"""
        insert into dunning_level (company_id, level, description, days_past_due, days_to_settle, fee)
        select $1, level, description, days_past_due, days_to_settle, fee
          from json_to_recordset($2::json) as sent (
               level integer, description text, days_past_due integer, days_to_settle integer, fee numeric)
        {or_write_anew("dunning_level_pk", "description, days_past_due, days_to_settle, fee")}
        """,
        company_id,
        as_json(levels),
    )


async def put_dunning_texts(connection: Connection, company_id: int, texts: Sequence[DunningText]) -> None:
    """Add words of dunning letters to a company or write them anew."""
    await connection.execute(
        f"""
        insert into dunning_text (company_id, level, language, subject, opening, closing)
        select $1, level, language, subject, opening, closing
          from json_to_recordset($2::json) as sent (
               level integer, language text, subject text, opening text, closing text)
        {or_write_anew("dunning_text_pk", "subject, opening, closing")}
        """,
        company_id,
        as_json(texts),
    )


async def put_legal_rates(connection: Connection, company_id: int, rates: Sequence[LegalRate]) -> None:
    """Add figures of the law to a company or write them anew."""
    await connection.execute(
        f"""
        insert into legal_rate (company_id, kind, start_date, amount, source)
        select $1, kind, start_date, amount, source
          from json_to_recordset($2::json) as sent (kind text, start_date date, amount numeric, source text)
        {or_write_anew("legal_rate_pk", "amount, source")}
        """,
        company_id,
        as_json(rates),
    )
