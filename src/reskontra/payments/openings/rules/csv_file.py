"""Reads open items from a CSV file as spreadsheets and older systems write it (OPN-04).

The first line has the titles of the columns. Fields are divided by semicolons, commas or tabs, as the titles are;
decimals have a comma or a point; dates are ISO 8601.
"""

from __future__ import annotations

import csv
import re
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

from reskontra.errors import Refused
from reskontra.payments.openings.rules.rows import A_LINE, COLUMNS, Fault, Row, RowFaults

_DIVIDERS = ";,\t"
_BY_TITLE = {title.lower(): attribute for attribute, title in COLUMNS.items()}
_NEEDED = ("document_type", "number", "customer_number", "document_date", "balance")
_DATES = ("document_date", "due_date")
_DECIMALS = {"exchange_rate": 8, "original_amount": 4, "balance": 4}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_file(path: Path) -> list[Row]:
    """The rows of a file in UTF-8. Raises `RowFaults` as `read_rows`, and `Refused` for a file that cannot be read."""
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise Refused(f"{path} is not in UTF-8.", hint="Save it as CSV UTF-8.") from error
    return read_rows(text)


def read_rows(text: str) -> list[Row]:
    """The rows of the file, empty lines left out; each says which of its fields could not be read.

    Raises `RowFaults` if the file has no rows, or is not divided into lines and fields.
    """
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise RowFaults([Fault("line 1", "titles", None, f"Write the titles of the columns: {_titles()}.")])
    divider = max(_DIVIDERS, key=text.partition("\n")[0].count)
    # strict: a quote that is never closed would otherwise swallow the rest of the file.
    reader = csv.reader(StringIO(text, newline=""), delimiter=divider, strict=True)
    rows: list[Row] = []
    try:
        columns = _columns(next(reader))
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(_row(f"line {reader.line_num}", columns, cells))
    except csv.Error as error:
        fault = Fault(f"line {reader.line_num}", A_LINE, None, f"This is not CSV: {error}.")
        raise RowFaults([*(it for row in rows for it in row.unread), fault]) from error
    if not rows:
        raise RowFaults([Fault("line 2", A_LINE, None, "Write a line for each open item.")])
    return rows


def _titles() -> str:
    return ";".join(COLUMNS.values())


def _columns(titles: list[str]) -> list[str]:
    """The attribute of each column."""
    faults: list[Fault] = []
    columns: list[str] = []
    for title in titles:
        attribute = _BY_TITLE.get(title.strip().lower())
        if attribute is None:
            faults.append(Fault("line 1", "title", title, f"The titles are: {_titles()}."))
        elif attribute in columns:
            faults.append(Fault("line 1", "title", title, "Write each title once."))
        columns.append(attribute or "")
    faults += [
        Fault("line 1", "title", None, f"Add the column {COLUMNS[needed]}.")
        for needed in _NEEDED
        if needed not in columns
    ]
    if faults:
        raise RowFaults(faults)
    return columns


def _row(place: str, columns: list[str], cells: list[str]) -> Row:
    faults: list[Fault] = []
    if len(cells) > len(columns):
        hint = f"The line has {len(cells)} fields and there are {len(columns)} columns. Put quotes around a field."
        faults.append(Fault(place, A_LINE, None, hint))
    values: dict[str, Any] = {}
    for attribute, cell in zip(columns, cells, strict=False):
        written = cell.strip()
        if written:
            try:
                values[attribute] = _value(attribute, written)
            except ValueError as error:
                faults.append(Fault(place, attribute, written, str(error)))
    return Row(place=place, **values, unread=tuple(faults))


def _value(attribute: str, written: str) -> Any:
    if attribute in _DATES:
        return _day(written)
    if attribute in _DECIMALS:
        return _decimal(written, _DECIMALS[attribute])
    return written


def _day(written: str) -> date:
    if _DATE.fullmatch(written):
        try:
            return date.fromisoformat(written)
        except ValueError:
            pass
    raise ValueError("Write a date as 2025-12-31.")


def _decimal(written: str, places: int) -> Decimal:
    """A number without thousands separators: `1,234` would be a thousand or a bit more than one."""
    if not re.fullmatch(rf"-?[0-9]{{1,13}}([.,][0-9]{{1,{places}}})?", written):
        raise ValueError(f"Write a number as 1234.50 or 1234,50, with at most {places} decimals.")
    return Decimal(written.replace(",", "."))
