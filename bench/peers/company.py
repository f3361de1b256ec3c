"""A company in Tryton that can send invoices: chart of accounts, fiscal year, VAT, terms, a customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from bench import seeding
from bench.peers.calls import Calls

_RECEIVABLE, _PAYABLE, _VAT, _REVENUE, _EXPENSE = "1.2.1", "2.1.1", "2.2.3", "4.1.1", "5.2.1"
"""Accounts of the chart that comes with Tryton, by code."""

_PRICES = {"A": Decimal("450.00"), "6": Decimal("89.50"), "222": Decimal("12.00")}
_FILLED_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Company:
    """What an invoice must name, by id."""

    context: Mapping[str, Any]
    company: int
    currency: int
    journal: int
    receivable: int
    revenue: int
    vat: int
    terms: int
    customer: int
    address: int

    def invoice(self, lines: int = 10) -> dict[str, Any]:
        """The same ten lines that are sent to us. Tryton's client finds price, account and VAT before it saves."""
        return {
            "type": "out",
            "company": self.company,
            "currency": self.currency,
            "journal": self.journal,
            "party": self.customer,
            "invoice_address": self.address,
            "account": self.receivable,
            "payment_term": self.terms,
            "invoice_date": datetime.now(UTC).date(),
            "lines": [["create", [self._line(line) for line in seeding.ten_lines()[:lines]]]],
        }

    def _line(self, line: Mapping[str, Any]) -> dict[str, Any]:
        item = line.get("item_number")
        return {
            "type": "line",
            "company": self.company,
            "currency": self.currency,
            "description": item or line["description"],
            "quantity": float(line["quantity"]),
            "unit_price": _PRICES[item] if item else line["unit_price"],
            "account": self.revenue,
            "taxes": [["add", [self.vat]]],
        }


def set_up(calls: Calls) -> Company:
    """Make the company in an empty database."""
    currency = _make_currency(calls)
    company = calls.create(
        "company.company", {"party": calls.create("party.party", {"name": "Bench AS"}), "currency": currency}
    )
    _let_do_everything(calls, company)
    calls = calls.within(company=company, companies=[company], language="en")
    accounts = _make_chart(calls, company)
    _open_year(calls, company, datetime.now(UTC).year)
    terms = _make_terms(calls)
    customer = _make_customer(calls, terms)
    return Company(
        context=calls.context,
        company=company,
        currency=currency,
        journal=calls.find("account.journal", type="revenue"),
        receivable=accounts[_RECEIVABLE],
        revenue=accounts[_REVENUE],
        vat=_make_vat(calls, company, accounts[_VAT]),
        terms=terms,
        customer=customer,
        address=calls.find("party.address", party=customer),
    )


def fill(calls: Calls, company: Company, count: int) -> None:
    """Post so many invoices. They have one line each: that is quicker, and a list of headers does not show lines."""
    for begin in range(0, count, _FILLED_AT_ONCE):
        invoices = [company.invoice(lines=1)] * min(_FILLED_AT_ONCE, count - begin)
        calls.call("model.account.invoice.post", calls.call("model.account.invoice.create", invoices))


def _make_currency(calls: Calls) -> int:
    rate = {"date": date(2020, 1, 1), "rate": Decimal(1)}
    krone = {"name": "Norwegian krone", "code": "NOK", "symbol": "kr", "digits": 2, "rounding": Decimal("0.01")}
    return calls.create("currency.currency", {**krone, "rates": [["create", [rate]]]})


def _let_do_everything(calls: Calls, company: int) -> None:
    groups = calls.call("model.res.group.search", [], 0, None, None)
    values = {"companies": [["add", [company]]], "company": company, "groups": [["add", groups]]}
    calls.call("model.res.user.write", [calls.user], values)


def _make_chart(calls: Calls, company: int) -> dict[str, int]:
    """The chart of accounts that comes with Tryton, by its wizard. Returns the ids of accounts by code."""
    template = calls.find("account.account.template", parent=None)
    wizard = "wizard.account.create_chart"
    session, *_ = calls.call(f"{wizard}.create")
    chosen = {"account": {"company": company, "account_template": template}}
    calls.call(f"{wizard}.execute", session, chosen, "create_account")
    rows = calls.call("model.account.account.search_read", [["company", "=", company]], 0, None, None, ["code"])
    accounts = {row["code"]: row["id"] for row in rows}
    properties = {
        "company": company,
        "account_receivable": accounts[_RECEIVABLE],
        "account_payable": accounts[_PAYABLE],
        "category_account_revenue": accounts[_REVENUE],
        "category_account_expense": accounts[_EXPENSE],
    }
    calls.call(f"{wizard}.execute", session, {"properties": properties}, "create_properties")
    return accounts


def _open_year(calls: Calls, company: int, year: int) -> None:
    """A fiscal year of twelve months, with a series without gaps for entries and another for invoices."""
    entries, invoices = (
        calls.create(
            "ir.sequence.strict",
            {"name": name, "company": company, "sequence_type": calls.find("ir.sequence.type", name=name)},
        )
        for name in ("Account Move", "Invoice")
    )
    kinds = ("in_invoice", "in_credit_note", "out_invoice", "out_credit_note")
    series = {"company": company, **{f"{kind}_sequence": invoices for kind in kinds}}
    opened = calls.create(
        "account.fiscalyear",
        {
            "name": str(year),
            "company": company,
            "start_date": date(year, 1, 1),
            "end_date": date(year, 12, 31),
            "move_sequence": entries,
            "invoice_sequences": [["create", [series]]],
        },
    )
    calls.call("model.account.fiscalyear.create_period", [opened])


def _make_vat(calls: Calls, company: int, account: int) -> int:
    values = {"name": "VAT 25 %", "description": "VAT 25 %", "type": "percentage", "rate": Decimal("0.25")}
    accounts = {"invoice_account": account, "credit_note_account": account}
    return calls.create("account.tax", {**values, **accounts, "company": company})


def _make_terms(calls: Calls) -> int:
    line = {"type": "remainder", "relativedeltas": [["create", [{"days": 14}]]]}
    return calls.create("account.invoice.payment_term", {"name": "14 days", "lines": [["create", [line]]]})


def _make_customer(calls: Calls, terms: int) -> int:
    address = {"street": "Storgata 1", "postal_code": "0101", "city": "Oslo"}
    values = {"name": "Kunde 1", "customer_payment_term": terms, "addresses": [["create", [address]]]}
    return calls.create("party.party", values)
