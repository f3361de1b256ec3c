"""How journal entries and batches look on the wire. They are read only: releasing documents writes them."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec
from asyncpg import Record

from reskontra.accounts.rules.accounts import LEDGER, Account
from reskontra.accounts.wire.named import SegmentedSubaccount, segmented_subaccount
from reskontra.kinds import KINDS
from reskontra.money import MONEY_DECIMALS, ZERO, round_money
from reskontra.posting.rules import balance_on_own_side
from reskontra.posting.store.reading import FoundBatch, FoundEntry
from reskontra.reference.reference import Reference
from reskontra.web.pairs import AttachmentAnswer, IdDescription, NumberDescription
from reskontra.web.wire import Answer, DayOut, MomentOut, day_text, etag_of, local_text

_NOTHING = round_money(ZERO, MONEY_DECIMALS)


class Module(StrEnum):
    """Where a batch comes from. Only customer ledger batches are made here; the others filter to nothing."""

    GENERAL_LEDGER = "ModuleGL"
    SUPPLIERS = "ModuleAP"
    CUSTOMERS = "ModuleAR"
    CASH = "ModuleCA"
    CURRENCIES = "ModuleCM"
    STOCK = "ModuleIN"
    SALES_ORDERS = "ModuleSO"
    PURCHASE_ORDERS = "ModulePO"
    DEFERRALS = "ModuleDR"
    FIXED_ASSETS = "ModuleFA"
    EMPLOYEES = "ModuleEP"
    PROJECTS = "ModulePM"
    TAXES = "ModuleTX"
    CONTRACTS = "ModuleCR"


class BatchStatus(StrEnum):
    """The statuses of a batch, as the wire spells them. Ours are Posted and Unposted."""

    HOLD = "Hold"
    BALANCED = "Balanced"
    UNPOSTED = "Unposted"
    POSTED = "Posted"
    COMPLETED = "Completed"
    VOIDED = "Voided"
    RELEASED = "Released"
    PARTIALLY_RELEASED = "PartiallyReleased"
    SCHEDULED = "Scheduled"


class BranchAnswer(Answer):
    """The branch of an entry."""

    number: str | None = None
    name: str | None = None


class AccountAnswer(Answer):
    """The account of an entry."""

    type: str | None = None
    external_code_1: str | None = msgspec.field(default=None, name="externalCode1")
    external_code_2: str | None = msgspec.field(default=None, name="externalCode2")
    external_code_1_info: NumberDescription | None = msgspec.field(default=None, name="externalCode1Info")
    external_code_2_info: NumberDescription | None = msgspec.field(default=None, name="externalCode2Info")
    number: str | None = None
    description: str | None = None


class EntryAnswer(Answer):
    """An entry of the general ledger; plain amounts are in base currency, `curr...` ones in the document's."""

    line_number: int | None = None
    module: str | None = None
    batch_number: str | None = None
    entry_date: DayOut | None = msgspec.field(default=None, name="tranDate")
    period: str | None = None
    description: str | None = None
    document_number: str | None = msgspec.field(default=None, name="refNumber")
    branch: BranchAnswer | None = None
    account: AccountAnswer | None = None
    ledger: IdDescription | None = None
    subaccount: str | None = None
    opening_base: Decimal | None = msgspec.field(default=None, name="begBalance")
    debit_base: Decimal | None = msgspec.field(default=None, name="debitAmount")
    credit_base: Decimal | None = msgspec.field(default=None, name="creditAmount")
    closing_base: Decimal | None = msgspec.field(default=None, name="endingBalance")
    currency_id: str | None = msgspec.field(default=None, name="currency")
    opening: Decimal | None = msgspec.field(default=None, name="currBegBalance")
    debit: Decimal | None = msgspec.field(default=None, name="currDebitAmount")
    credit: Decimal | None = msgspec.field(default=None, name="currCreditAmount")
    closing: Decimal | None = msgspec.field(default=None, name="currEndingBalance")
    last_modified: MomentOut | None = msgspec.field(default=None, name="lastModifiedDateTime")


class BatchLineAnswer(Answer):
    """A line of a batch; plain amounts are in base currency."""

    line_number: int | None = None
    account_number: str | None = None
    description: str | None = None
    subaccount: SegmentedSubaccount | None = None
    reference_number: str | None = None
    debit_base: Decimal | None = msgspec.field(default=None, name="debitAmount")
    debit: Decimal | None = msgspec.field(default=None, name="debitAmountInCurrency")
    credit_base: Decimal | None = msgspec.field(default=None, name="creditAmount")
    credit: Decimal | None = msgspec.field(default=None, name="creditAmountInCurrency")
    transaction_description: str | None = None
    vat_code: IdDescription | None = None
    vat: IdDescription | None = None
    branch: str | None = None
    customer_number: str | None = msgspec.field(default=None, name="customerSupplier")
    transaction_type: str | None = None
    module: str | None = None
    attachments: list[AttachmentAnswer] | None = None


class BatchAnswer(Answer):
    """A batch with its lines."""

    module: str | None = None
    batch_number: str | None = None
    status: str | None = None
    hold: bool | None = None
    batch_date: DayOut | None = msgspec.field(default=None, name="transactionDate")
    post_period: str | None = None
    financial_period: str | None = None
    ledger: str | None = None
    ledger_description: str | None = None
    currency_id: str | None = None
    exchange_rate: Decimal | None = None
    auto_reversing: bool | None = None
    reversing_entry: bool | None = None
    description: str | None = None
    debit_total_base: Decimal | None = msgspec.field(default=None, name="debitTotal")
    debit_total: Decimal | None = msgspec.field(default=None, name="debitTotalInCurrency")
    credit_total_base: Decimal | None = msgspec.field(default=None, name="creditTotal")
    credit_total: Decimal | None = msgspec.field(default=None, name="creditTotalInCurrency")
    control_total_base: Decimal | None = msgspec.field(default=None, name="controlTotal")
    control_total: Decimal | None = msgspec.field(default=None, name="controlTotalInCurrency")
    creates_vat: bool | None = msgspec.field(default=None, name="createVatTransaction")
    skips_vat_check: bool | None = msgspec.field(default=None, name="skipVatAmountValidation")
    last_modified: MomentOut | None = msgspec.field(default=None, name="lastModifiedDateTime")
    branch: str | None = None
    time_stamp: str | None = None
    lines: list[BatchLineAnswer] | None = msgspec.field(default=None, name="journalTransactionLines")
    attachments: list[AttachmentAnswer] | None = None


def entry_answer(
    row: Record, reference: Reference, *, account_info: bool, branch_info: bool, balances: bool
) -> EntryAnswer:
    """A row of `store.ENTRIES` for the wire; `balances` when it brings its opening balances."""
    account = reference.accounts[row["account_number"]]
    branch = reference.branches.get(row["branch_number"])
    answer = EntryAnswer(
        line_number=row["line_number"],
        module=row["module"],
        batch_number=row["batch_number"],
        entry_date=day_text(row["entry_date"]),
        period=row["period_id"],
        description=row["description"],
        document_number=row["document_number"],
        branch=BranchAnswer(number=row["branch_number"], name=branch.name if branch and branch_info else None),
        account=_account(account) if account_info else AccountAnswer(number=account.account_number),
        ledger=IdDescription(id=LEDGER.ledger_id, description=LEDGER.description),
        subaccount=reference.subaccounts[row["subaccount_id"]].subaccount_number,
        debit_base=row["debit_base"],
        credit_base=row["credit_base"],
        currency_id=row["currency_id"],
        debit=row["debit"],
        credit=row["credit"],
        last_modified=local_text(row["modified_at"], reference.zone),
    )
    if balances:
        moved_base, moved = row["debit_base"] - row["credit_base"], row["debit"] - row["credit"]
        answer.opening_base = balance_on_own_side(row["opening_base"], account.account_type)
        answer.closing_base = balance_on_own_side(row["opening_base"] + moved_base, account.account_type)
        answer.opening = balance_on_own_side(row["opening"], account.account_type)
        answer.closing = balance_on_own_side(row["opening"] + moved, account.account_type)
    return answer


def _account(account: Account) -> AccountAnswer:
    first, second = account.external_code_1, account.external_code_2
    return AccountAnswer(
        type=account.account_type,
        external_code_1=first,
        external_code_2=second,
        external_code_1_info=NumberDescription(number=first) if first else None,
        external_code_2_info=NumberDescription(number=second) if second else None,
        number=account.account_number,
        description=account.description,
    )


def batch_answer(batch: FoundBatch, reference: Reference, *, attachments: bool = True) -> BatchAnswer:
    """A batch for the wire, with its lines. Batches have no attachments yet, so the list of files is empty.

    Rate and branch are those of its entries; a batch without entries shows neither (X4).
    """
    entries, module = batch.entries, f"Module{batch.module}"
    first = entries[0] if entries else None
    debit_base = sum((entry.debit_base for entry in entries), _NOTHING)
    debit = sum((entry.debit for entry in entries), _NOTHING)
    return BatchAnswer(
        module=module,
        batch_number=batch.batch_number,
        status=batch.status,
        hold=False,
        batch_date=day_text(batch.batch_date),
        post_period=batch.period_id,
        financial_period=batch.period_id,
        ledger=LEDGER.ledger_id,
        ledger_description=LEDGER.description,
        currency_id=batch.currency_id,
        exchange_rate=first.exchange_rate if first else None,
        auto_reversing=False,
        reversing_entry=False,
        description=batch.description,
        debit_total_base=debit_base,
        debit_total=debit,
        credit_total_base=sum((entry.credit_base for entry in entries), _NOTHING),
        credit_total=sum((entry.credit for entry in entries), _NOTHING),
        control_total_base=debit_base,
        control_total=debit,
        creates_vat=False,
        skips_vat_check=False,
        last_modified=local_text(batch.modified_at, reference.zone),
        branch=first.branch_number if first else None,
        time_stamp=etag_of(batch.version),
        lines=[_line(entry, module, reference, attachments=attachments) for entry in entries],
        attachments=[] if attachments else None,
    )


def _line(entry: FoundEntry, module: str, reference: Reference, *, attachments: bool) -> BatchLineAnswer:
    vat = reference.vat.get(entry.vat_id or "")
    words = IdDescription(id=vat.vat_id, description=vat.description) if vat else None
    kind = KINDS.get(entry.document_type)
    return BatchLineAnswer(
        line_number=entry.line_number,
        account_number=entry.account_number,
        description=reference.accounts[entry.account_number].description,
        subaccount=_subaccount(entry.subaccount_id, reference),
        reference_number=entry.document_number,
        debit_base=entry.debit_base,
        debit=entry.debit,
        credit_base=entry.credit_base,
        credit=entry.credit,
        transaction_description=entry.description,
        vat_code=words,
        vat=words,
        branch=entry.branch_number,
        customer_number=entry.customer_number,
        transaction_type=kind.journal_code if kind else entry.document_type,
        module=module,
        attachments=[] if attachments else None,
    )


def _subaccount(subaccount_id: int, reference: Reference) -> SegmentedSubaccount:
    return segmented_subaccount(reference.subaccounts[subaccount_id], reference.subaccounts.segments)
