"""Whether organisation and VAT numbers are valid, by python-stdnum. Checked only if the company wants it (A3)."""

from __future__ import annotations

from stdnum.exceptions import ValidationError
from stdnum.util import get_cc_module

from reskontra.customers.customer import Customer, Location
from reskontra.errors import Refused

_ORGANISATION_NUMBERS = {"NO": "orgnr", "SE": "orgnr", "DK": "cvr", "FI": "ytunnus"}
"""Country -> python-stdnum's name for its organisation number. In other countries any number passes."""


def check(customer: Customer, stored: Customer | None) -> None:
    """`check_location` for the customer's default location."""
    check_location(customer.location, stored.location if stored else None, customer.main_address.country_id or "")


def check_location(location: Location, before: Location | None, country: str) -> None:
    """Refuse an organisation or VAT number of `location` that cannot exist in `country`. What is stored passes."""
    if location.corporate_id and (before is None or before.corporate_id != location.corporate_id):
        _check("corporate_id", location.corporate_id, country, _ORGANISATION_NUMBERS.get(country))
    number = location.vat_registration_id
    if number and (before is None or before.vat_registration_id != number):
        prefix = number[:2].upper()
        _check(
            "vat_registration_id", number, "GR" if prefix == "EL" else prefix if prefix.isalpha() else country, "vat"
        )


def _check(name: str, number: str, country: str, kind: str | None) -> None:
    rule = get_cc_module(country.lower(), kind) if kind and country else None
    if rule is None:
        return
    try:
        rule.validate(number)
    except ValidationError:
        raise Refused(
            f"'{number}' is not a valid number of that kind in {country}.",
            field=(name,),
            value=number,
            hint="Send the number as it is registered, or switch off the check_identifiers preference of the company.",
        ) from None
