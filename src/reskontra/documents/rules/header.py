"""The header of a draft: what was sent, what customer and company supply, what follows from dates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from reskontra.accounts.rules.accounts import AccountType
from reskontra.codes import kept_or
from reskontra.customers.payment_methods.rules import cash_account_of, default_method, sent_method
from reskontra.customers.rules.addresses import check_mail, country_after
from reskontra.documents.document import Document
from reskontra.documents.rules.instalments import base_date_of, terms_in_parts
from reskontra.documents.rules.links import check_not_earlier, with_correction, with_vat_date
from reskontra.documents.rules.paying import paid_at_once
from reskontra.documents.rules.rates import with_rate
from reskontra.errors import Refused, UnknownReference
from reskontra.kinds import Kind
from reskontra.money import ZERO
from reskontra.periods.rules import check_open, same_period
from reskontra.records import as_dict, replace
from reskontra.terms.rules.dates import discount_date, due_date
from reskontra.terms.rules.instalments import first_due_date

if TYPE_CHECKING:
    from reskontra.documents.document import Basis

_PLAIN = (
    "customer_reference",
    "external_reference",
    "invoice_text",
    "note",
    "project_id",
)
_FLAGS = ("dont_print", "dont_email", "revoked", "exclude_debt_collection", "send_to_auto_invoice")
PARTICULARS = (
    "customer_project",
    "consolidate_invoices",
    "start_date",
    "end_date",
    "accounting_cost_reference",
    "originator_document_reference",
    "contract_document_reference",
    "direct_debit_mandate_id",
    "debt_collection_case_number",
    "debt_collection_case_status",
    "debt_collection_case_type",
    "debt_collection_case_url",
)


def new_header(kind: Kind, changes: Mapping[str, Any], basis: Basis, origin: str) -> Document:
    """The header of a new draft: what was sent, else the customer's and the company's defaults (LIN-05, CUR-01)."""
    debtor, reference = basis.debtor, basis.reference
    blank = Document(
        document_type=kind.document_type,
        origin=origin,
        customer_id=debtor.customer_id,
        location_id=debtor.location.location_id or 0,
        branch_number=reference.branch_of_new(basis.branch_number),
        document_date=basis.today,
        period_id="",
        currency_id=debtor.currency_id,
        exchange_rate=ZERO,
        account_number=debtor.location.customer_ledger_account,
        subaccount_id=debtor.location.customer_ledger_subaccount_id or reference.subaccounts.default_id,
        exclude_debt_collection=debtor.exclude_debt_collection,
        dont_print=not debtor.print_invoices,
        dont_email=not debtor.email_invoices,
        send_to_auto_invoice=debtor.accept_auto_invoices and kind.e_invoice_type is not None,
    )
    draft = _with_location_defaults(_with_customer_defaults(kind, blank, basis), basis)
    return _written(kind, None, draft, changes, basis)


def changed_header(kind: Kind, document: Document, changes: Mapping[str, Any], basis: Basis) -> Document:
    """The header of a draft after a PUT; another customer or location brings its own defaults first (EDT-04)."""
    debtor = basis.debtor
    check_same_number(kind, document, changes)
    draft = document
    if debtor.customer_id != document.customer_id:
        draft = replace(
            document,
            customer_id=debtor.customer_id,
            child_customer_id=None,
            contact_id=None,
            currency_id=document.currency_id if debtor.currency_override else debtor.currency_id,
            due_date_entered=False,
            cash_discount_date_entered=False,
        )
        draft = _with_location_defaults(_with_customer_defaults(kind, draft, basis), basis)
    elif debtor.location.location_id != document.location_id:
        draft = _with_location_defaults(draft, basis)
    return _written(kind, document, draft, changes, basis)


def check_same_number(kind: Kind, document: Document, changes: Mapping[str, Any]) -> None:
    """A PUT cannot give a document another number (D5)."""
    number = changes.get("number")
    if number is not None and number.strip().lower() != document.number.lower():
        raise Refused(
            f"The number of this {kind.noun} cannot be changed.",
            field=("number",),
            value=number,
            hint=f"Send {document.number} or leave it out.",
        )


def _with_customer_defaults(kind: Kind, draft: Document, basis: Basis) -> Document:
    debtor, reference = basis.debtor, basis.reference
    method = default_method(debtor) if kind.has_terms or kind.is_paid_at_once else None
    return replace(
        draft,
        terms_id=debtor.terms_id if _uses_terms(kind, basis) else None,
        payment_method_id=method,
        cash_account=cash_account_of(debtor, method, reference),
    )


def _with_location_defaults(draft: Document, basis: Basis) -> Document:
    """What the customer's location supplies: VAT zone, account, addresses and salesperson (CUS-05, VAT-01)."""
    debtor, reference = basis.debtor, basis.reference
    location = debtor.location
    if not location.active:
        raise Refused(
            f"The location '{location.location_cd}' of customer {debtor.number} is not in use.",
            field=("location_cd",),
            value=location.location_cd,
            hint="Send a location that is in use, or leave it out.",
        )
    seller = reference.salespersons.get(debtor.salesperson_id or 0)
    return replace(
        draft,
        location_id=location.location_id or 0,
        account_number=location.customer_ledger_account,
        subaccount_id=location.customer_ledger_subaccount_id or reference.subaccounts.default_id,
        vat_zone_id=location.vat_zone_id or _branch_zone(draft, basis),
        salesperson_id=seller.salesperson_id if seller and seller.active else draft.salesperson_id,
        invoice_address={**as_dict(debtor.invoice_address), "override": False},
        invoice_contact={**as_dict(debtor.invoice_contact), "override": False},
    )


def _branch_zone(draft: Document, basis: Basis) -> str | None:
    branch = basis.reference.branches.get(draft.branch_number)
    return branch.vat_zone_id if branch else None


def _uses_terms(kind: Kind, basis: Basis) -> bool:
    if kind.is_paid_at_once:
        return False
    return kind.has_terms or basis.reference.preferences.credit_terms_in_credit_notes


def _written(
    kind: Kind, before: Document | None, draft: Document, changes: Mapping[str, Any], basis: Basis
) -> Document:
    own_zone = _branch_zone(draft, basis)
    standing_account = draft.cash_account
    named = _chosen(changes, basis) | _people(draft, changes, basis) | _project(draft, changes, basis)
    draft = replace(draft, **(_plain_values(changes) | named))
    if basis.debtor.location.vat_zone_id is None and draft.vat_zone_id == own_zone:
        draft = replace(draft, vat_zone_id=_branch_zone(draft, basis))  # another branch has its own
    if "payment_reference" in changes:  # null brings the one that was made back (REFN-01)
        draft = replace(draft, payment_reference=changes["payment_reference"] or draft.generated_reference)
    draft = replace(draft, particulars=particulars(draft.particulars, changes))
    draft = _with_party_details(draft, changes, basis)
    draft = _with_vat_zone(draft, changes, basis)
    draft = _with_period(before, draft, changes, basis)
    draft = with_correction(kind, draft, changes, basis)
    if kind.may_correct:
        check_not_earlier(kind, draft, basis.links.corrects, changes)
    draft = with_vat_date(kind, before, draft, changes, basis)
    draft = with_rate(before, draft, changes, basis)
    if kind.is_paid_at_once:
        draft = paid_at_once(kind, draft, changes, basis.reference, standing_account)
    return _with_due_dates(kind, before, draft, changes, basis)


def _plain_values(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Texts, flags and dates as they were sent; an empty text clears (EDT-01)."""
    values = {name: changes[name] or None for name in _PLAIN if name in changes}
    values.update({name: bool(changes[name]) for name in _FLAGS if name in changes})
    if changes.get("document_date") is not None:
        values["document_date"] = changes["document_date"]
    if "original_invoice_date" in changes:
        values["original_invoice_date"] = changes["original_invoice_date"]
    return values


def _chosen(changes: Mapping[str, Any], basis: Basis) -> dict[str, Any]:
    """Fields that name reference data."""
    reference, debtor = basis.reference, basis.debtor
    chosen: dict[str, Any] = {}
    if changes.get("branch_number") is not None:
        chosen["branch_number"] = reference.active_branch(changes["branch_number"], ("branch_number",)).branch_number
    if changes.get("location_cd") is not None and changes["location_cd"].lower() != debtor.location.location_cd.lower():
        raise UnknownReference(
            field=("location_cd",),
            value=changes["location_cd"],
            hint=f"Send a location of customer {debtor.number}, for example '{debtor.location.location_cd}'.",
        )
    if "terms_id" in changes:
        chosen["terms_id"] = reference.terms_id(changes["terms_id"], ("terms_id",))
    if "payment_method_id" in changes:
        method = sent_method(debtor, changes["payment_method_id"], ("payment_method_id",), reference)
        chosen.update(payment_method_id=method, cash_account=cash_account_of(debtor, method, reference))
    if "cash_account" in changes:
        wanted = changes["cash_account"]
        field = ("cash_account",)
        account = reference.account_of_type(wanted, (AccountType.ASSET,), field) if wanted else None
        chosen["cash_account"] = account.account_number if account else None
    if changes.get("currency_id") is not None:
        chosen["currency_id"] = _currency(changes["currency_id"], basis)
    return chosen


def _project(draft: Document, changes: Mapping[str, Any], basis: Basis) -> dict[str, Any]:
    """The project as the company spells it, if it wants to know them all (PRJ-02). A stored one passes."""
    reference = basis.reference
    if "project_id" not in changes or not reference.preferences.check_projects:
        return {}
    return {"project_id": kept_or(reference.project_number, changes["project_id"], draft.project_id, ("project_id",))}


def _people(draft: Document, changes: Mapping[str, Any], basis: Basis) -> dict[str, Any]:
    """The salesperson, the contact and the child customer. Stored ones pass, even if no longer in use."""
    reference = basis.reference
    chosen: dict[str, Any] = {}
    for name in ("salesperson_id", "salesperson"):
        standing = (draft.salesperson_id, reference.salesperson_cd(draft.salesperson_id))
        if name in changes and (changes[name] is None or changes[name] not in standing):
            chosen["salesperson_id"] = reference.salesperson_id(changes[name], (name,))
    if "child_customer_number" in changes:
        child = changes["child_customer_number"]
        chosen["child_customer_id"] = _child(child, basis) if child else None
    if "contact_id" in changes and changes["contact_id"] != draft.contact_id:
        chosen["contact_id"] = _contact(changes["contact_id"], basis)
    return chosen


def _contact(contact_id: int | None, basis: Basis) -> int | None:
    contact, number = basis.contact, basis.debtor.number
    if contact_id is None:
        return None
    if contact is None:
        raise UnknownReference(
            field=("contact_id",), value=contact_id, hint=f"Send the id of a contact of customer {number}."
        )
    if contact.customer_id != basis.debtor.customer_id or not contact.active:
        which = "does not belong to" if contact.active else "is no longer a contact of"
        raise Refused(
            f"{contact.display_name} {which} customer {number}.",
            field=("contact_id",),
            value=contact_id,
            hint="Send the id of an active contact of the document's customer.",
        )
    return contact_id


def _currency(wanted: str, basis: Basis) -> str:
    currency_id = basis.reference.currency_id(wanted, ("currency_id",))
    debtor = basis.debtor
    if currency_id != debtor.currency_id and not debtor.currency_override:
        raise Refused(
            f"Customer {debtor.number} is invoiced in {debtor.currency_id} only.",
            field=("currency_id",),
            value=wanted,
            hint=f"Send {debtor.currency_id} or leave it out.",
        )
    return str(currency_id)


def _child(number: str, basis: Basis) -> int:
    child = basis.child
    if child is None:
        raise UnknownReference(
            field=("child_customer_number",), value=number, hint="Send the number of an existing customer."
        )
    if basis.debtor.customer_id not in (child.parent_customer_id, child.customer_id):
        raise Refused(
            f"Customer {child.number} is not a child of customer {basis.debtor.number}.",
            field=("child_customer_number",),
            value=number,
            hint="Send a customer whose parent is the document's customer.",
        )
    return child.customer_id


def particulars(standing: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """What is only stored and echoed: `standing` with what was sent, dates as ISO text, cleared ones removed (W14)."""
    values = dict(standing)
    for name in PARTICULARS:
        if name in changes:
            value = changes[name]
            values[name] = value.isoformat() if isinstance(value, date) else value
    return {name: value for name, value in values.items() if value not in (None, "")}


def _with_party_details(draft: Document, changes: Mapping[str, Any], basis: Basis) -> Document:
    address = _overridden(changes.get("invoice_address"), draft.invoice_address, as_dict(basis.debtor.invoice_address))
    contact = _overridden(changes.get("invoice_contact"), draft.invoice_contact, as_dict(basis.debtor.invoice_contact))
    sent = changes.get("invoice_address") or {}
    country = sent.get("country_id")
    if address and "country_id" in sent and (country or sent.get("override") is not False):
        standing, field = (draft.invoice_address or {}).get("country_id"), ("invoice_address", "country_id")
        address["country_id"] = country_after(country, standing, basis.reference, field)
    mail, standing = (changes.get("invoice_contact") or {}).get("email"), (draft.invoice_contact or {}).get("email")
    check_mail(mail, standing, ("invoice_contact", "email"))
    return replace(draft, invoice_address=address, invoice_contact=contact)


def _overridden(
    sent: Mapping[str, Any] | None, standing: dict[str, Any] | None, own: Mapping[str, Any]
) -> dict[str, Any] | None:
    """The address or contact after a request: the stored one with the sent parts, or the customer's own again."""
    if not sent:
        return standing
    parts = {name: value for name, value in sent.items() if name != "override"}
    merged = {**(standing or {}), **parts}
    changed = any(merged.get(name) != (standing or {}).get(name) for name in parts)
    if sent.get("override") is False:
        is_echo = bool(parts) and not changed and standing is not None and not standing.get("override")
        return standing if is_echo else {**own, "override": False}
    overridden = changed or bool(sent.get("override")) or bool((standing or {}).get("override"))
    return {**merged, "override": overridden}


def _with_vat_zone(draft: Document, changes: Mapping[str, Any], basis: Basis) -> Document:
    if "vat_zone_id" in changes:
        zone = basis.reference.vat_zone_id(changes["vat_zone_id"], ("vat_zone_id",))
        draft = replace(draft, vat_zone_id=zone)
    customer_class = basis.reference.customer_classes[basis.debtor.customer_class_id]
    if draft.vat_zone_id is None and customer_class.vat_zone_required:
        raise Refused(
            f"Customer {basis.debtor.number} belongs to a class that requires a VAT zone.",
            field=("vat_zone_id",),
            hint="Send a VAT zone, or set one on the customer.",
        )
    return draft


def _with_period(before: Document | None, draft: Document, changes: Mapping[str, Any], basis: Basis) -> Document:
    """PER-02 to PER-05, PER-08: the period sent, else that of the date. Checked only if it is new."""
    reference = basis.reference
    sent = same_period(changes.get("post_period"), changes.get("financial_period"))
    if sent is not None:
        field = ("financial_period",) if changes.get("financial_period") is not None else ("post_period",)
        is_same = before is not None and (before.period_id, before.document_date) == (sent, draft.document_date)
        period = (
            reference.period_named(sent, field) if is_same else reference.period_for(draft.document_date, sent, field)
        )
    elif before is None or before.document_date != draft.document_date:
        field = ("document_date",)
        period = reference.period_of(draft.document_date, field)
    else:
        return draft
    if before is None or before.period_id != period.period_id:
        check_open(period, reference.preferences.allow_posting_to_closed_periods, field)
    return replace(draft, period_id=period.period_id)


def _with_due_dates(
    kind: Kind, before: Document | None, draft: Document, changes: Mapping[str, Any], basis: Basis
) -> Document:
    """TRM-06, TRM-07: dates that were sent stay until document date, customer or terms change."""
    if kind.is_paid_at_once or (draft.terms_id is None and not kind.has_terms):
        return replace(draft, due_date=None, cash_discount_date=None)
    terms = basis.reference.terms.get(draft.terms_id or "")
    base_date = base_date_of(draft, basis.reference)
    first_due = first_due_date if terms_in_parts(kind, draft, basis.reference) else due_date
    reset = before is None or any(
        getattr(before, name) != getattr(draft, name)
        for name in ("document_date", "original_invoice_date", "terms_id", "customer_id")
    )
    values: dict[str, Any] = {}
    for name, formula in (("due_date", first_due), ("cash_discount_date", discount_date)):
        sent = changes.get(name)
        entered = f"{name}_entered"
        computed = formula(terms, base_date) if terms is not None else base_date
        if name == "cash_discount_date":  # an earlier entered due date also ends it (TRM-02)
            computed = min(computed, values.get("due_date") or draft.due_date or computed)
        if sent is not None:
            values[name], values[entered] = sent, sent != computed
        elif reset or name in changes or not getattr(draft, entered):
            values[name], values[entered] = computed, False
    dated = replace(draft, **values)
    if dated.due_date_entered and (reset or dated.due_date != draft.due_date):
        check_due_date(dated)
    return dated


def check_due_date(document: Document) -> None:
    """Refuses an entered due date before the document's own. Terms may give one: see the weekend rule."""
    if document.due_date is not None and document.due_date < document.document_date:
        raise Refused(
            "A document falls due on its date or later.",
            field=("due_date",),
            value=document.due_date.isoformat(),
            hint=f"Send {document.document_date.isoformat()} or later.",
        )


def check_discount_date(document: Document) -> None:
    """TRM-02: a cash discount ends no later than the due date."""
    if not document.cash_discount or document.cash_discount_date is None or document.due_date is None:
        return
    if document.cash_discount_date > document.due_date:
        raise Refused(
            "The cash discount cannot be open longer than the document itself.",
            field=("cash_discount_date",),
            value=document.cash_discount_date.isoformat(),
            hint=f"Send {document.due_date.isoformat()} or earlier.",
        )
