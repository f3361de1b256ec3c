"""Units of measure as UN/ECE Recommendation 20 spells them (EHF-04)."""

from __future__ import annotations

EACH = "C62"
"""One of something: what stands for a unit that the table does not know."""

_CODES = {
    "STK": "H87", "ST": "H87", "STYCK": "H87", "PCS": "H87", "PC": "H87", "EA": "EA", "SET": "SET", "SETT": "SET",
    "PAR": "PR", "TIME": "HUR", "TIMER": "HUR", "TIM": "HUR", "HOUR": "HUR", "HOURS": "HUR", "H": "HUR", "MIN": "MIN",
    "DAG": "DAY", "DAGER": "DAY", "DAGAR": "DAY", "DAY": "DAY", "UKE": "WEE", "VECKA": "WEE", "WEEK": "WEE",
    "MND": "MON", "MÅN": "MON", "MÅNED": "MON", "MÅNAD": "MON", "MONTH": "MON", "ÅR": "ANN", "YEAR": "ANN",
    "KG": "KGM", "G": "GRM", "TONN": "TNE", "TON": "TNE", "L": "LTR", "LITER": "LTR", "M": "MTR", "METER": "MTR",
    "CM": "CMT", "MM": "MMT", "KM": "KMT", "M2": "MTK", "KVM": "MTK", "M3": "MTQ", "KBM": "MTQ", "KWH": "KWH",
}  # fmt: skip


def unit_code(unit_id: str | None) -> str:
    """The code of a company's unit. A company may also name its units by the codes."""
    known = (unit_id or "").upper().rstrip(".")
    return _CODES.get(known) or (known if known in _CODES.values() else EACH)
