"""SQL of open items and of what moved them, as reports, ageing and statements read it."""

from __future__ import annotations

from dataclasses import dataclass

from reskontra.changes.store import changed_values
from reskontra.kinds import KINDS
from reskontra.receivables.rules.items import OPENING_ORIGIN
from reskontra.receivables.store.sales import IS_SALE, SALES_KINDS


def days_overdue(day: str, by_due_date: str = "true", ages_credits: str = "false") -> str:
    """How many days `item`, one of `AsOf.open_items`, had been due on a day; below one if it had not (AGE-02, AGE-03).

    All are SQL expressions; the last two say what age is counted from, and whether credits age too.
    """
    return f"""case when item.balance < 0 and not {ages_credits} then 0
                 else {day} - case when {by_due_date} and item.balance > 0
                          then coalesce(item.due_date, item.document_date) else item.document_date end end"""


DISCOUNT_VAT = """jsonb_to_recordset(application.discount_vat) as row (
                vat_id text, rate numeric, exempt boolean, reverse_charge boolean, taxable_base numeric,
                vat_base numeric)"""

DISCOUNT_VAT_ROWS = f"""
    select application.period_id, row.vat_id collate "C" as vat_id, row.rate, row.exempt, row.reverse_charge,
           -row.taxable_base as basis, -row.vat_base as vat
      from application
     cross join lateral {DISCOUNT_VAT}
     where application.company_id = $1 and application.discount_vat <> '[]'"""
"""A select of the VAT that cash discounts gave back, in base currency: below zero (VAT-15). It ends inside its where
clause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AsOf:
    """A moment in the past, in SQL expressions. One of `day` and `period` is given: balances by date and by period
    differ where something is booked in a later period than its date's."""

    day: str = ""
    """Documents and applications count up to this date (AGS-01)."""

    period: str = ""
    """Documents and applications count up to this period."""

    dates_at: str = "null::timestamptz"
    """Due dates are those that stood just before this moment; null means today's."""

    known_at: str = ""
    """Only what had been released before this moment counts; empty means all that is known now."""

    @property
    def has_document(self) -> str:
        """A condition: the released `document` counts."""
        in_time = f"document.period_id <= {self.period}" if self.period else f"document.document_date <= {self.day}"
        return f"{in_time} and document.released_at < {self.known_at}" if self.known_at else in_time

    @property
    def lacks_application(self) -> str:
        """A condition: the released `application` does not count."""
        is_later = f"application.period_id > {self.period}" if self.period else f"application.applied_on > {self.day}"
        return f"({is_later} or application.released_at >= {self.known_at})" if self.known_at else is_later

    def open_items(self, whose: str = "true") -> str:
        """A select of the documents that were open then. `whose` is a condition on `document` that leaves some.

        `amount` and `balance` are in the document's currency, those that end in `_base` in base currency; credits
        are negative (AGE-01). A balance then is the balance now and all that was applied since: the past is read
        backwards, so that recent dates cost little, however old the books are.
        """
        # All that bears on a document is added up and nothing is joined to the sums, so that what the planner believes
        # about how many there are decides nothing.
        sides = " union all ".join(self._applied_since(side, whose) for side in ("credit", "debit"))
        counts = f"document.released_at is not null and {self.has_document} and {whose}"
        return f"""
    select past.document_id, past.customer_id, past.document_type, past.number, past.document_date,
           case when bool_or(past.is_redated) then max(past.redated_to) else past.due_date end as due_date,
           past.period_id, past.account_number, past.currency_id,
           document_kind.balance_sign * past.amount as amount,
           document_kind.balance_sign * past.amount_base as amount_base,
           document_kind.balance_sign * sum(past.open) as balance,
           document_kind.balance_sign * sum(past.open_base) as balance_base
      from (
        select {_PAST}, document.balance as open, document.balance_base as open_base, false as is_redated,
               null::date as redated_to
          from document
         where document.company_id = $1 and document.balance > 0 and {counts}
         union all {sides}
         union all
        select {_PAST}, 0, 0, true, redated.due_date
          from ({_redated(self.dates_at, whose)}) as redated
          join document on document.company_id = $1 and document.document_id = redated.document_id
         where {counts}) as past
      join document_kind on document_kind.document_type = past.document_type
     group by {_PAST.replace("document.", "past.")}, document_kind.balance_sign
    having (sum(past.open), sum(past.open_base)) <> (0.0, 0.0)"""

    def open_by_account(self) -> str:
        """A select of the accounts that carry what customers owe, with what was open on each then, in base currency.

        It reads each document once and sums what `open_items` would say of each, so that nothing is kept per document.
        """
        sides = "".join(self._taken_by_account(side) for side in ("credit", "debit"))
        return f"""
    select part.account_number, sum(part.open_base) as balance
      from (
        select document.account_number, document_kind.balance_sign * sum(document.balance_base)
                   filter (where {self.has_document}) as open_base
          from document
          join document_kind on document_kind.document_type = document.document_type
           and document_kind.balance_sign <> 0
         where document.company_id = $1 and document.released_at is not null
         group by document.account_number, document_kind.balance_sign{sides}) as part
     group by part.account_number"""

    def _taken_by_account(self, side: str) -> str:
        return f"""
         union all
        select document.account_number, document_kind.balance_sign * sum({_TAKEN[side][1]})
          from application
          join document on document.company_id = $1 and document.document_id = application.{side}_document_id
          join document_kind on document_kind.document_type = document.document_type
           and document_kind.balance_sign <> 0
         where application.company_id = $1 and application.released_at is not null and {self.lacks_application}
           and {self.has_document}
         group by document.account_number, document_kind.balance_sign"""

    def _applied_since(self, side: str, whose: str) -> str:
        """A select of what applications took from one side's documents that had not happened or was not known then."""
        taken = _TAKEN[side]
        return f"""
            select {_PAST}, {taken[0]}, {taken[1]}, false, null
              from application
              join document on document.company_id = $1 and document.document_id = application.{side}_document_id
             where application.company_id = $1 and application.released_at is not null and {self.lacks_application}
               and {self.has_document} and {whose}"""


_TAKEN = {
    "credit": ("application.amount_credit", "application.base_credit"),
    "debit": (
        "application.amount_debit + application.discount + application.write_off",
        "application.base_debit + application.discount_base + application.write_off_base",
    ),
}
"""What an application takes from each side's document: in that document's currency, and in base currency."""

_PAST = """document.document_id, document.customer_id, document.document_type, document.number,
               document.document_date, document.due_date, document.period_id, document.account_number,
               document.currency_id, document.amount, document.amount_base"""


def _redated(at: str, whose: str = "true") -> str:
    """A select of the documents whose due date was changed at a moment or later, with what it was before."""
    return f"""
        select distinct on (document.document_id) document.document_id, moved.before::date as due_date
          from ({changed_values("due_date", at)}) as moved
          join document on document.company_id = $1 and document.document_type = moved.entity
           and document.number = moved.entity_key and document.released_at <= moved.changed_at and {whose}
         order by document.document_id, moved.change_id"""


_DUE_DATE = "case when redated.document_id is null then document.due_date else redated.due_date end"
"""The due date of `document` as it was, by a left join of `_redated`."""


DOCUMENT_NAMES = """
    select document.document_id, document.document_type, document.number from document
     where document.company_id = $1"""
"""A select of all documents by name. It ends inside its where clause."""


SALES_DOCUMENTS = f"""
    select document.document_type, document.number from document
      join (values {SALES_KINDS}) as kind (document_type, sign) on kind.document_type = document.document_type
     where document.company_id = $1 and document.released_at is not null and {IS_SALE}"""
"""A select of the released documents whose lines are sales, or take sales back (BAL-04). It ends inside its where
clause."""


# Movements of periods (BLN-01)


_COLUMNS_OF_KINDS = ", ".join(f"('{kind.document_type}', '{kind.movement}')" for kind in KINDS.values())

MADE = f"""
    select document.customer_id, document.branch_number, document.period_id, made.movement,
           document_kind.balance_sign * document.amount_base as amount
      from document
      join document_kind on document_kind.document_type = document.document_type
      join (values {_COLUMNS_OF_KINDS}) as made (document_type, movement)
        on made.document_type = document.document_type
     where document.company_id = $1 and document.released_at is not null and document.master_document_id is null
       and document.origin <> '{OPENING_ORIGIN}'"""
"""A select of what each released document added to what its customer owed, in base currency. Instalments only
divide what another document added, and an older system added what was taken over from it. It ends inside its where
clause."""

UNBOOKED = """
    select document.customer_id, document.branch_number, application.period_id, side.amount
      from application
     cross join lateral (values
        (application.credit_document_id, application.base_credit),
        (application.debit_document_id,
         -(application.base_debit + application.discount_base + application.write_off_base)))
        as side (document_id, amount)
      join document on document.company_id = $1 and document.document_id = side.document_id
     where application.company_id = $1 and not application.is_posted"""
"""A select of what applications that book nothing moved between documents. In sum it is nothing, but the documents may
be of two branches, or of a customer and its child. It ends inside its where clause."""


UNBOOKED_OF_DOCUMENTS = """
    select side.document_id, sum(side.amount) as balance
      from application
     cross join lateral (values
        (application.credit_document_id, application.base_credit),
        (application.debit_document_id,
         -(application.base_debit + application.discount_base + application.write_off_base)))
        as side (document_id, amount)
      join document on document.company_id = $1 and document.document_id = side.document_id
       and document.account_number = $3
     where application.company_id = $1 and not application.is_posted and application.released_at is not null
       and application.period_id <= $2
     group by side.document_id"""
"""A select of the documents on the account $3 that applications which book nothing moved up to the period $2, with what
they came to in base currency."""


# Movements of statements (AGS-04)


def movements(asked: str, as_of: AsOf) -> str:
    """A select of all that moved what customers owed up to a date, and was known.

    `asked` names a CTE with `customer_id` and `by_currency`: whether amounts are told in each document's currency.
    Where both sides of an application are of one customer and, if told by currency, of one currency, only discount,
    write-off and exchange difference are left of it. Instalments divide what was already told.
    """
    same = "(credit.customer_id = debit.customer_id and (credit.currency_id = debit.currency_id or not {}.by_currency))"
    return f"""
    select document.customer_id, document.document_date as day, document.released_at, 'Document' as kind,
           document.document_type, document.number, {_DUE_DATE} as due_date, document.currency_id,
           document_kind.balance_sign * document.amount as amount,
           document_kind.balance_sign * document.amount_base as amount_base
      from {asked} as asked
      join document on document.company_id = $1 and document.customer_id = asked.customer_id
      join document_kind on document_kind.document_type = document.document_type and document_kind.balance_sign <> 0
      left join ({_redated(as_of.dates_at)}) as redated on redated.document_id = document.document_id
     where document.released_at is not null and {as_of.has_document}
       and document.master_document_id is null
     union all
    select side.customer_id, application.applied_on, application.released_at, side.kind, side.document_type,
           side.number, null, side.currency_id, side.amount, side.amount_base
      from (select distinct application.application_id
              from {asked} as asked
              join document on document.company_id = $1 and document.customer_id = asked.customer_id
              join application on application.company_id = $1
               and document.document_id in (application.credit_document_id, application.debit_document_id)) as found
      join application on application.company_id = $1 and application.application_id = found.application_id
      join settlement on settlement.company_id = $1 and settlement.settlement_id = application.settlement_id
       and settlement.kind <> 'split'
      join document as credit on credit.company_id = $1 and credit.document_id = application.credit_document_id
      join document as debit on debit.company_id = $1 and debit.document_id = application.debit_document_id
     cross join lateral (
        select debit.customer_id, 'Discount' as kind, debit.document_type, debit.number, debit.currency_id,
               -application.discount as amount, -application.discount_base as amount_base
         union all
        select debit.customer_id, 'WriteOff', debit.document_type, debit.number, debit.currency_id,
               -application.write_off, -application.write_off_base
         union all
        select debit.customer_id, 'ExchangeDifference', debit.document_type, debit.number, debit.currency_id,
               application.amount_credit - application.amount_debit, application.gain_loss
          from {asked} as asked
         where asked.customer_id = debit.customer_id and {same.format("asked")}
         union all
        select credit.customer_id, 'Application', credit.document_type, credit.number, credit.currency_id,
               application.amount_credit, application.base_credit
          from {asked} as asked
         where asked.customer_id = credit.customer_id and not {same.format("asked")}
         union all
        select debit.customer_id, 'Application', debit.document_type, debit.number, debit.currency_id,
               -application.amount_debit, -application.base_debit
          from {asked} as asked
         where asked.customer_id = debit.customer_id and not {same.format("asked")}) as side
     where application.released_at is not null and not ({as_of.lacks_application})
       and (side.amount, side.amount_base) <> (0.0, 0.0)"""
