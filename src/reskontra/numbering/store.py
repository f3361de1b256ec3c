"""SQL of number series and of the log of deleted numbers, as fragments for the creating statement (NUM-06, NUM-07).

The number is taken inside the statement that creates its document, so that a refused or rolled-back request
leaves no hole. Loading the series for the reference data is here too. Decides nothing.
"""

from __future__ import annotations


def take_number(entity: str, series: str, range_id: str) -> str:
    """A CTE `taken(number)`: the next free number of a range. The arguments are SQL expressions."""
    return f"""taken as (
        update number_series_range
           set last_number = next_free_number(company_id, {entity}, last_number, step, end_number)
         where company_id = $1 and series_id = {series} and range_id = {range_id}
        returning last_number as number)"""


def use_number(entity: str, number: str) -> str:
    """CTEs `taken(number)` and `reused`: a number that the caller sent; if it was deleted before, that is noted (D5)."""
    return f"""taken as (select {number}::text as number),
    reused as (
        update deleted_number set used_again_at = $2
         where company_id = $1 and entity = {entity} and lower(number) = lower({number}::text)
           and used_again_at is null)"""


def log_deleted(entity: str, number: str, source: str, *, reason: str = "deleted before release") -> str:
    """A CTE that logs one deleted number per row of `source`, so that the series stays explainable (NUM-01)."""
    return f"""logged as (
        insert into deleted_number (company_id, entity, number, deleted_at, actor, reason)
        select $1, {entity}, {number}, $2, $3, '{reason}' from {source})"""
