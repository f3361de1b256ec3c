"""Who is who in the Peppol network: identifiers with their schemes, checked by python-stdnum (EHF-01, EHF-05)."""

from __future__ import annotations

import re

from stdnum import ean
from stdnum.exceptions import ValidationError
from stdnum.no import orgnr as norwegian
from stdnum.se import orgnr as swedish

from reskontra.e_invoices.e_invoice import Identifier

GLN, NORWEGIAN, SWEDISH = "0088", "0192", "0007"
_BY_COUNTRY = {"NO": NORWEGIAN, "SE": SWEDISH}

_SCHEMES = """
    0002 0007 0009 0037 0060 0088 0096 0097 0106 0130 0135 0142 0147 0151 0154 0158 0170 0177 0183 0184 0188 0190
    0191 0192 0193 0194 0195 0196 0198 0199 0200 0201 0202 0203 0204 0205 0208 0209 0210 0211 0212 0213 0215 0216
    0217 0218 0221 0225 0230 0235 0240 0244 9901 9910 9913 9914 9915 9918 9919 9920 9922 9923 9924 9925 9926 9927
    9928 9929 9930 9931 9932 9933 9934 9935 9936 9937 9938 9939 9940 9941 9942 9943 9944 9945 9946 9947 9948 9949
    9950 9951 9952 9953 9957 9959
"""
SCHEMES = frozenset(_SCHEMES.split())
"""The schemes of electronic addresses that Peppol knows (PEPPOL-EN16931-CL008)."""

_NETWORK = "iso6523-actorid-upis::"
_QUALIFIED = re.compile(r"(\d{4})\s*:\s*(\S.*)")
_BLANKS = re.compile(r"[\s.-]")


def read_identifier(text: str) -> Identifier | None:
    """`0192:988077917`, also with the network's prefix, as an identifier; None if it does not name its scheme."""
    match = _QUALIFIED.fullmatch(text.strip().removeprefix(_NETWORK))
    if match is None:
        return None
    scheme, value = match.groups()
    return _identifier(value, scheme)


def gln(number: str | None) -> Identifier | None:
    """A global location number."""
    return _identifier(number, GLN)


def organisation(number: str | None, country_id: str | None) -> Identifier | None:
    """An organisation number, with its scheme where the country has one that we know."""
    return _identifier(number, _BY_COUNTRY.get(country_id or ""))


def _identifier(number: str | None, scheme: str | None) -> Identifier | None:
    compact = _compact(number or "", scheme)
    return Identifier(compact, scheme) if compact else None


def vat_number(number: str | None, country_id: str | None) -> str | None:
    """A VAT number as EN 16931 wants it: without blanks, the country first, `MVA` last if it is Norwegian."""
    compact = _BLANKS.sub("", number or "").upper()
    if not compact:
        return None
    country = "EL" if country_id == "GR" else country_id or ""
    if not compact[:2].isalpha():
        compact = f"{country}{compact}"
    if compact.startswith("NO") and compact[2:].isdigit():
        compact += "MVA"
    return compact


def is_valid(identifier: Identifier) -> bool:
    """Whether the number can exist in its scheme. Of schemes that we do not know any number passes."""
    rule = _RULES.get(identifier.scheme or "")
    if rule is None:
        return True
    try:
        return bool(rule.validate(identifier.value) == identifier.value and len(identifier.value) == _LENGTHS[rule])
    except ValidationError:
        return False


_RULES = {GLN: ean, NORWEGIAN: norwegian, SWEDISH: swedish}
_LENGTHS = {ean: 13, norwegian: 9, swedish: 10}


def _compact(value: str, scheme: str | None) -> str:
    if scheme in (GLN, NORWEGIAN, SWEDISH):
        value = _BLANKS.sub("", value)
    if scheme == SWEDISH and len(value) == 12:
        value = value.removeprefix("16")  # as the Swedish tax agency writes companies
    return value.strip()
