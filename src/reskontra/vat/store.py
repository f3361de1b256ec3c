"""SQL of VAT ids, categories and zones: reading and adding them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reskontra.changes.lists.store import Paged, as_record, json_record
from reskontra.db.tables import Table
from reskontra.vat.rules.codes import VatCategory, VatId, VatRate, VatZone

# In the table an id as a whole ends, in the rules its rates do: it is the last rate that ends.
_VAT_RATE_TABLE = Table(
    "rates",
    "vat_rate",
    VatRate,
    ("start_date",),
    renamed={"not_valid_after": None},
    read={
        "not_valid_after": """
            case when row_number() over (order by vat_rate.start_date desc) = 1 then vat.not_valid_after end"""
    },
)
VAT_ID_TABLE = Table(
    "vat",
    "vat",
    VatId,
    ("vat_id",),
    entity="Vat",
    renamed={"payable_subaccount": "payable_subaccount_id"},
    written={
        "not_valid_after": """(
            select not_valid_after
              from jsonb_to_recordset(content -> 'rates') as rate (start_date date, not_valid_after date)
             order by start_date desc limit 1)"""
    },
    moments=("modified_at",),
    parts=(_VAT_RATE_TABLE,),
)
VAT_CATEGORY_TABLE = Table(
    "vat_categories",
    "vat_category",
    VatCategory,
    ("category_id",),
    entity="VatCategory",
    renamed={"category_id": "vat_category_id"},
    moments=("created_at", "modified_at"),
)
VAT_ZONE_TABLE = Table(
    "vat_zones",
    "vat_zone",
    VatZone,
    ("zone_id",),
    entity="VatZone",
    renamed={"zone_id": "vat_zone_id", "default_category": "default_category_id"},
    moments=("modified_at",),
)


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
    columns=as_record(f"{VAT_ID_TABLE.select_list}, cash_discount, modified_at"),
    read=json_record(ListedVatId),
    sort_key=lambda vat: (vat.vat_id,),
    is_tallied=False,
)
"""VAT ids by id."""

VAT_CATEGORIES = Paged(
    entity="VatCategory",
    found="select vat_category.* from vat_category where vat_category.company_id = $1",
    key=("vat_category.vat_category_id",),
    columns=as_record(f"{VAT_CATEGORY_TABLE.select_list}, modified_at"),
    read=json_record(ListedCategory),
    sort_key=lambda category: (category.category_id,),
    is_tallied=False,
)
"""VAT categories by id."""

REPORTED_TO = """exists (select from vat
                         where vat.company_id = vat_category.company_id and vat.vat_id = any (vat_category.vat_ids)
                           and lower(vat.agency_number) = lower({}::text collate "C"))"""
"""The condition that a category has a VAT id that is reported to this agency."""


def description_of(vat_id: str) -> str:
    """A scalar: the description of the VAT id of company $1, an SQL expression."""
    return f"(select vat.description from vat where vat.company_id = $1 and vat.vat_id = {vat_id})"
