"""SQL of VAT ids, categories and zones: reading them for the reference data and for lists, adding. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reskontra.changes.lists.store import Paged, as_record, json_record
from reskontra.db.parameters import as_json
from reskontra.db.pool import Connection
from reskontra.db.upsert import or_write_anew
from reskontra.vat.rules.codes import VatCategory, VatId, VatZone

# The table ends the validity of an id as a whole, the rules that of its rates: it is the last rate that ends.
_VAT_ID_COLUMNS = """vat_id, description, vat_type, calculate_on, payable_account,
           payable_subaccount_id as payable_subaccount, exempt, reverse_charge,
           agency_number, agency_name, eu_report_code, document_text,
           (select coalesce(json_agg(json_build_object(
                       'start_date', rate.start_date, 'percent', rate.percent,
                       'not_valid_after', case when rate.position = 1 then vat.not_valid_after end)
                       order by rate.start_date), '[]')
              from (select start_date, percent, row_number() over (order by start_date desc) as position
                      from vat_rate
                     where vat_rate.company_id = vat.company_id and vat_rate.vat_id = vat.vat_id) rate) as rates"""

VAT_ID_ROWS = f"""
    select {_VAT_ID_COLUMNS}
      from vat
     where company_id = $1
     order by vat_id"""
"""The VAT ids of company $1 with their rates, shaped like `VatId`."""

_CATEGORY_COLUMNS = "vat_category_id as category_id, description, vat_ids, exclude_listed, active"

VAT_CATEGORY_ROWS = f"""
    select {_CATEGORY_COLUMNS}
      from vat_category
     where company_id = $1
     order by vat_category_id"""
"""The VAT categories of company $1, shaped like `VatCategory`."""

VAT_ZONE_ROWS = """
    select vat_zone_id as zone_id, description, vat_ids, default_category_id as default_category
      from vat_zone
     where company_id = $1
     order by vat_zone_id"""
"""The VAT zones of company $1, shaped like `VatZone`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedVatId(VatId):
    """A VAT id, what a cash discount does to it, and when it changed (UTC)."""

    cash_discount: str
    modified_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCategory(VatCategory):
    """A VAT category and when it changed (UTC)."""

    modified_at: datetime


VAT_IDS = Paged(
    entity="Vat",
    found="select vat.* from vat where vat.company_id = $1",
    key=("vat.vat_id",),
    columns=as_record(f"{_VAT_ID_COLUMNS}, cash_discount, modified_at"),
    read=json_record(ListedVatId),
    sort_key=lambda vat: (vat.vat_id,),
    is_tallied=False,
)
"""VAT ids by id."""

VAT_CATEGORIES = Paged(
    entity="VatCategory",
    found="select vat_category.* from vat_category where vat_category.company_id = $1",
    key=("vat_category.vat_category_id",),
    columns=as_record(f"{_CATEGORY_COLUMNS}, modified_at"),
    read=json_record(ListedCategory),
    sort_key=lambda category: (category.category_id,),
    is_tallied=False,
)
"""VAT categories by id."""

REPORTED_TO = """exists (select from vat
                         where vat.company_id = vat_category.company_id and vat.vat_id = any (vat_category.vat_ids)
                           and lower(vat.agency_number) = lower({}::text collate "C"))"""
"""The condition that a category has a VAT id that is reported to this agency."""


_WRITTEN_OF_VAT_ID = """description, vat_type, calculate_on, payable_account, payable_subaccount_id, exempt,
           reverse_charge, agency_number, agency_name, eu_report_code, document_text, not_valid_after, modified_at"""


async def put_vat_ids(connection: Connection, company_id: int, vat_ids: Sequence[VatId], moment: datetime) -> None:
    """Add VAT ids and their rates to a company or write them anew. `moment` is in UTC. Takes no rate away."""
    await connection.execute(
        f"""
        with sent as (
            select *
              from json_to_recordset($2::json) as sent (
                   vat_id text, description text, vat_type text, calculate_on text, payable_account text,
                   payable_subaccount integer, exempt boolean, reverse_charge boolean, rates json,
                   agency_number text, agency_name text, eu_report_code text, document_text text)),
        added as (
            insert into vat_rate (company_id, vat_id, start_date, percent)
            select $1, vat_id, start_date, percent
              from sent, json_to_recordset(rates) as rate (start_date date, percent numeric)
            {or_write_anew("vat_rate_pk", "percent")})
        insert into vat (
               company_id, vat_id, description, vat_type, calculate_on, payable_account, payable_subaccount_id,
               exempt, reverse_charge, agency_number, agency_name, eu_report_code, document_text, not_valid_after,
               modified_at)
        select $1, vat_id, description, vat_type, calculate_on, payable_account, payable_subaccount,
               exempt, reverse_charge, agency_number, agency_name, eu_report_code, document_text,
               (select not_valid_after
                  from json_to_recordset(rates) as rate (start_date date, not_valid_after date)
                 order by start_date desc limit 1),
               $3
          from sent
        {or_write_anew("vat_pk", _WRITTEN_OF_VAT_ID)}
        """,
        company_id,
        as_json(vat_ids),
        moment,
    )


async def put_vat_categories(
    connection: Connection, company_id: int, categories: Sequence[VatCategory], moment: datetime
) -> None:
    """Add VAT categories to a company or write them anew. `moment` is in UTC."""
    await connection.execute(
        f"""
        insert into vat_category (
               company_id, vat_category_id, description, exclude_listed, active, vat_ids, created_at, modified_at)
        select $1, category_id, description, exclude_listed, active, vat_ids, $3, $3
          from json_to_recordset($2::json) as sent (
               category_id text, description text, exclude_listed boolean, active boolean, vat_ids text[])
        {or_write_anew("vat_category_pk", "description, exclude_listed, active, vat_ids, modified_at")}
        """,
        company_id,
        as_json(categories),
        moment,
    )


async def put_vat_zones(connection: Connection, company_id: int, zones: Sequence[VatZone], moment: datetime) -> None:
    """Add VAT zones to a company or write them anew. `moment` is in UTC."""
    await connection.execute(
        f"""
        insert into vat_zone (company_id, vat_zone_id, description, default_category_id, vat_ids, modified_at)
        select $1, zone_id, description, default_category, vat_ids, $3
          from json_to_recordset($2::json) as sent (
               zone_id text, description text, default_category text, vat_ids text[])
        {or_write_anew("vat_zone_pk", "description, default_category_id, vat_ids, modified_at")}
        """,
        company_id,
        as_json(zones),
        moment,
    )
