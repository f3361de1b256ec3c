"""A new customer, and changes of one: a form whose refusals come back to its fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
from starlette.responses import Response

from reskontra.errors import Objection, Refusal, Stale
from reskontra.pages.api import segment
from reskontra.pages.changes import Change, last_change
from reskontra.pages.countries import by_name, country_name
from reskontra.pages.customers import Address, ClassRow, Customer
from reskontra.pages.formats import plain_number, typed_number
from reskontra.pages.screen import ROOT, Form, Screen
from reskontra.web.errors import status_of

_ADDRESS = ("addressLine1", "addressLine2", "postalCode", "city")
_TEXTS = ("name", "corporateId", "vatRegistrationId", "accountReference")
_CODES = ("customerClassId", "creditTermsId", "currencyId", "status")
_CONTACT = ("email", "phone1")
_FLAGS = (
    "printInvoices", "sendInvoicesByEmail", "acceptAutoInvoices", "printDunningLetters", "sendDunningLettersViaEMail",
)  # fmt: skip
WORDS: Mapping[str, str] = {
    "name": "Name", "corporateId": "Org. no.", "vatRegistrationId": "VAT number",
    "accountReference": "Their reference for us", "customerClassId": "Class", "creditTermsId": "Terms",
    "currencyId": "Currency", "status": "Status", "creditLimit": "Credit limit", "addressLine1": "Address",
    "addressLine2": "Address, second line", "postalCode": "Postal code", "city": "City", "countryId": "Country",
    "email": "E-mail", "phone1": "Phone", "printInvoices": "Invoices on paper",
    "sendInvoicesByEmail": "Invoices by e-mail", "acceptAutoInvoices": "Invoices as e-invoices",
    "printDunningLetters": "Dunning letters on paper", "sendDunningLettersViaEMail": "Dunning letters by e-mail",
    "creditVerification": "Credit check", "note": "Note",
}  # fmt: skip
"""What the page calls the fields; all are English keys."""


class Terms(msgspec.Struct, rename="camel"):
    """Terms of payment."""

    terms_id: str
    description: str | None = None


class TermsPage(msgspec.Struct):
    """A page of terms, which is an object."""

    records: list[Terms]


class Currency(msgspec.Struct):
    """A currency."""

    id: str
    description: str | None = None


class Country(msgspec.Struct):
    """A country."""

    id: str
    name: str | None = None


async def show_new(screen: Screen) -> Response:
    """An empty form."""
    return await _form(screen, {}, title=screen.formats.say("New customer"))


async def create(screen: Screen) -> Response:
    """POST: a new customer."""
    form = await screen.form()
    try:
        answer = await screen.api.send("POST", "/v1/customer", _body(form, {}, screen.formats.language))
    except Objection as refusal:
        return await _form(screen, form, title=screen.formats.say("New customer"), refusal=refusal)
    number = answer.headers["location"].rpartition("/")[2]
    return screen.go(
        f"{ROOT}/customers/{number}", "Customer [{number}]({link}) created.", number=number,
        link=f"{ROOT}/customers/{number}",
    )  # fmt: skip


async def show_edit(screen: Screen) -> Response:
    """The form with what stands."""
    found = await screen.api.read(Customer, f"/v1/customer/{segment(screen.path['number'])}")
    values = _values(found.thing, screen.formats.language) | {"version": found.etag}
    return await _form(screen, values, title=found.thing.name, number=found.thing.number)


async def change(screen: Screen) -> Response:
    """POST: what was changed in the form is changed, if nobody else changed the customer since it was shown."""
    form, number = await screen.form(), screen.path["number"]
    path = f"/v1/customer/{segment(number)}"
    shown = {name.removeprefix("was-"): value for name, value in form.pairs if name.startswith("was-")}
    try:
        await screen.api.send("PUT", path, _body(form, shown, screen.formats.language), if_match=form.text("version"))
    except Stale as refusal:
        found = await screen.api.read(Customer, path)
        theirs = _values(found.thing, screen.formats.language)
        differing = {
            name: (value, form.get(name, "").strip())
            for name, value in theirs.items()
            if value not in (shown.get(name, ""), form.get(name, "").strip())
        }
        untouched = {name: value for name, value in theirs.items() if form.get(name, "") == shown.get(name, "")}
        values = dict(form) | untouched | {"version": found.etag}
        return await _form(
            screen,
            values,
            title=found.thing.name,
            number=number,
            refusal=refusal,
            theirs=differing,
            was=theirs,
            changed=await last_change(screen, "Customer", found.thing.number),
        )
    except Objection as refusal:
        return await _form(screen, form, title=number, number=number, refusal=refusal, was=shown)
    return screen.go(f"{ROOT}/customers/{segment(number)}/details", "Customer {number} changed.", number=number)


async def _form(
    screen: Screen,
    values: Mapping[str, str],
    *,
    title: str,
    number: str | None = None,
    refusal: Refusal | None = None,
    theirs: Mapping[str, tuple[str, str]] | None = None,
    was: Mapping[str, str] | None = None,
    changed: Change | None = None,
) -> Response:
    problems = [] if refusal is None else [screen.problem(refusal, {name: name for name in WORDS})]
    choices = await _choices(screen, is_new=number is None)
    return screen.show(
        "customer_form.html",
        200 if refusal is None else status_of(refusal),
        title=title,
        number=number,
        values=values,
        was=values if was is None else was,
        theirs=theirs or {},
        changed=changed,
        words=WORDS,
        shown=_told(screen, choices),
        problems=problems,
        wrong=dict(problems),
        choices=choices,
        flags=_FLAGS,
    )


def _told(screen: Screen, choices: Mapping[str, list[tuple[str, str]]]) -> Callable[[str, str], str]:
    """How a value of a field is told to people: choices by their words, ticks as yes and no."""
    say = screen.formats.say

    def tell(name: str, value: str) -> str:
        if name in _FLAGS:
            return say("Yes") if value else say("No")
        if name in ("status", "creditVerification"):
            return say(value)
        return dict(choices.get(name, ())).get(value, value) or say("empty")

    return tell


async def _choices(screen: Screen, *, is_new: bool) -> dict[str, list[tuple[str, str]]]:
    """What can be chosen; on a new customer also what follows from the company and the class."""
    api, say = screen.api, screen.formats.say
    classes = await api.get(list[ClassRow], "/v1/customer/customerClass")
    terms = (await api.get(list[TermsPage], "/v1/creditTerm"))[0].records
    currencies = await api.get(list[Currency], "/v1/currency")
    countries = await api.get(list[Country], "/v1/country")
    found = {
        "customerClassId": [(it.id, it.description or it.id) for it in classes],
        "creditTermsId": [(it.terms_id, it.description or it.terms_id) for it in terms],
        "currencyId": [(it.id, it.id) for it in currencies],
    }
    if is_new:
        usual = {
            "customerClassId": say("The company's own"),
            "creditTermsId": say("Those of the class"),
            "currencyId": say("That of the class"),
        }
        found = {name: [("", usual[name]), *options] for name, options in found.items()}
    language = screen.formats.language
    named = by_name(language, ((it.id, country_name(language, it.name or it.id)) for it in countries))
    return found | {"countryId": [("", ""), *named]}


def _values(customer: Customer, language: str) -> dict[str, str]:
    address: Address = customer.main_address
    texts = {
        "name": customer.name,
        "corporateId": customer.corporate_id,
        "vatRegistrationId": customer.vat_registration_id,
        "accountReference": customer.account_reference,
        "customerClassId": customer.customer_class.id,
        "creditTermsId": customer.credit_terms.id,
        "currencyId": customer.currency_id,
        "status": customer.status,
        "addressLine1": address.address_line1,
        "addressLine2": address.address_line2,
        "postalCode": address.postal_code,
        "city": address.city,
        "countryId": address.country.id if address.country else None,
        "email": customer.main_contact.email,
        "phone1": customer.main_contact.phone1,
        "creditLimit": typed_number(customer.credit_limit or None, language),
        "creditVerification": customer.credit_verification,
        "note": customer.note,
    }
    flags = {
        "printInvoices": customer.print_invoices,
        "sendInvoicesByEmail": customer.send_invoices_by_email,
        "acceptAutoInvoices": customer.accept_auto_invoices,
        "printDunningLetters": customer.print_dunning_letters,
        "sendDunningLettersViaEMail": customer.email_dunning_letters,
    }
    return {name: text or "" for name, text in texts.items()} | {
        name: "on" if value else "" for name, value in flags.items()
    }


_WITH_LIMIT = dict.fromkeys(("DaysPastDue", "LimitAndDaysPastDue"), "LimitAndDaysPastDue")
_WITHOUT_LIMIT = dict.fromkeys(("DaysPastDue", "LimitAndDaysPastDue"), "DaysPastDue")
"""How credit is verified -> how it is with a limit, or without one: days past due are looked at as before."""


def _body(form: Form, shown: Mapping[str, str], language: str) -> dict[str, object]:
    """What the form changes of what it showed, as the API takes it."""

    def changed(name: str) -> bool:
        return form.get(name, "").strip() != shown.get(name, "")

    body: dict[str, object] = {
        name: {"value": form.get(name, "").strip()} for name in (*_TEXTS, *_CODES) if changed(name)
    }
    address: dict[str, object] = {name: {"value": form.get(name, "").strip()} for name in _ADDRESS if changed(name)}
    if changed("countryId") and form.get("countryId", ""):
        address["countryId"] = {"value": form["countryId"]}
    if address:
        body["mainAddress"] = {"value": address}
    contact = {name: {"value": form.get(name, "").strip()} for name in _CONTACT if changed(name)}
    if contact:
        body["mainContact"] = {"value": contact}
    if changed("note"):
        body["note"] = {"value": form.get("note", "").strip()}
    if changed("creditLimit"):
        limit = plain_number(form.get("creditLimit", ""), language, "creditLimit")
        body["creditLimit"] = {"value": limit or "0"}
        stood, limited = shown.get("creditVerification", ""), bool(limit.strip("0."))
        check = _WITH_LIMIT.get(stood, "CreditLimit") if limited else _WITHOUT_LIMIT.get(stood, "Disabled")
        body["creditVerification"] = {"value": check}
    for name in _FLAGS if form.text("hasFlags") else ():
        if changed(name):
            body[name] = {"value": form.get(name) == "on"}
    return {name: value for name, value in body.items() if shown or value != {"value": ""}}
