"""How payment methods and cash accounts look on the wire."""

from __future__ import annotations

from reskontra.accounts.wire.named import (
    CodedAccount,
    NamedAccount,
    NamedSubaccount,
    SegmentedSubaccount,
    coded_account,
    named_account,
    named_subaccount,
    segmented_subaccount,
)
from reskontra.payment_methods.rules import Direction, EntryType, MeansOfPayment, PaymentMethod
from reskontra.payment_methods.store import ListedCashAccount
from reskontra.reference.reference import Reference
from reskontra.web.wire import Answer, MomentOut, field, local_text


class DetailAnswer(Answer):
    """A detail that customers give of this way to pay, such as an account number."""

    detail_id: str | None = field(name="detailID", default=None)
    description: str | None = None
    banking_detail_type: str | None = None


class PaymentMethodAnswer(Answer):
    """A way to be paid."""

    payment_method_id: str | None = field(name="paymentMethodID", default=None)
    active: bool | None = None
    means_of_payment: MeansOfPayment | None = None
    description: str | None = None
    used_for_suppliers: bool | None = field(name="useInAP", default=None)
    details: list[DetailAnswer] | None = None


def payment_method_answer(method: PaymentMethod) -> PaymentMethodAnswer:
    """A payment method for the wire. There are no payments to suppliers here."""
    return PaymentMethodAnswer(
        payment_method_id=method.payment_method_id,
        active=method.active,
        means_of_payment=method.means_of_payment,
        description=method.description,
        used_for_suppliers=False,
        details=[DetailAnswer(detail_id=detail.detail_id, description=detail.description) for detail in method.details],
    )


class EntryTypeAnswer(Answer):
    """A kind of charge or income of a cash account, and the account that it goes to."""

    entry_type_id: str | None = None
    direction: Direction | None = field(name="disableReceipt", default=None)
    """The contract's name; it says which of the two the entry is."""

    module: str | None = None
    account: CodedAccount | None = field(name="defaultOffsetAccount", default=None)
    subaccount: NamedSubaccount | None = field(name="defaultOffsetSubaccount", default=None)
    description: str | None = None
    reclassifies: bool | None = field(name="useForPaymentsReclasification", default=None)
    vat_mode: str | None = field(name="taxCalculationMode", default=None)
    modified_at: MomentOut | None = field(name="lastModifiedDateTime", default=None)


class CashAccountAnswer(Answer):
    """A place where money lies."""

    modified_at: MomentOut | None = field(name="lastModifiedDateTime", default=None)
    entry_types: list[EntryTypeAnswer] | None = None
    currency_id: str | None = field(name="currency", default=None)
    account: NamedAccount | None = None
    subaccount: SegmentedSubaccount | None = None
    number: str | None = None
    description: str | None = None


def cash_account_answer(found: ListedCashAccount, reference: Reference) -> CashAccountAnswer:
    """A cash account for the wire, in base currency if it has none of its own; moments in the company's zone."""
    changed = local_text(found.modified_at, reference.zone)
    return CashAccountAnswer(
        modified_at=changed,
        entry_types=[_entry_type_answer(entry_type, reference, changed) for entry_type in found.entry_types],
        currency_id=found.currency_id or reference.base_currency,
        account=named_account(reference.accounts[found.account_number]),
        subaccount=segmented_subaccount(
            reference.subaccounts[reference.subaccounts.default_id], reference.subaccounts.segments
        ),
        number=found.account_number,
        description=found.description,
    )


def _entry_type_answer(entry_type: EntryType, reference: Reference, changed: str) -> EntryTypeAnswer:
    return EntryTypeAnswer(
        entry_type_id=entry_type.entry_type_id,
        direction=entry_type.direction,
        module="CA",
        account=coded_account(reference.accounts[entry_type.account_number]),
        subaccount=named_subaccount(reference.subaccounts[reference.subaccounts.default_id]),
        description=entry_type.description,
        reclassifies=False,
        vat_mode="TaxSetting",
        modified_at=changed,
    )
