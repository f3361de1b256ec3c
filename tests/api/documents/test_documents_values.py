"""What empty, zero and overlong values mean on a document: rounded, not sent, cleared or refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.clerk import INVOICE, KINDS, LINES, Clerk

A = {"inventoryNumber": "A", "quantity": 2}


def of(document: dict[str, Any], *names: str) -> list[Any]:
    lines = document.get("invoiceLines") or document["lines"]
    return [tuple(line.get(name) for name in names) for line in lines]


# More decimals than the column has


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("line", "names", "stored"),
    [
        (
            {"unitPriceInCurrency": Decimal("159.92000000000002")},
            ("unitPriceInCurrency", "amount"),
            ("159.92", "319.84"),
        ),
        (
            {"unitPriceInCurrency": Decimal("86.95652173913044")},
            ("unitPriceInCurrency", "amount"),
            ("86.956522", "173.91"),
        ),
        ({"unitPriceInCurrency": Decimal("0.0000005")}, ("unitPriceInCurrency", "amount"), ("0.000001", "0")),
        ({"unitPriceInCurrency": Decimal("-0.0000005")}, ("unitPriceInCurrency", "amount"), ("-0.000001", "0")),
        ({"quantity": Decimal("2.9999999999999996")}, ("quantity", "amount"), ("3", "300")),
        ({"quantity": Decimal("0.3333335")}, ("quantity", "amount"), ("0.333334", "33.33")),
        ({"discountPercent": Decimal("33.33333333")}, ("discountPercent", "amount"), ("33.333333", "133.33")),
        ({"discountAmountInCurrency": Decimal("3.3333")}, ("discountAmountInCurrency", "amount"), ("3.33", "196.67")),
        ({"discountAmountInCurrency": Decimal("1.005")}, ("discountAmountInCurrency", "amount"), ("1.01", "198.99")),
        ({"manualAmountInCurrency": Decimal("86.956521")}, ("manualAmountInCurrency", "amount"), ("86.96", "86.96")),
        ({"manualAmountInCurrency": Decimal("1.0049999999999999")}, ("manualAmountInCurrency", "amount"), ("1", "1")),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_figure_of_a_line_is_rounded_half_up(
    clerk: Clerk, kind: str, line: dict[str, Any], names: tuple[str, ...], stored: tuple[str, ...]
) -> None:
    expected = [tuple(Decimal(it) for it in stored)]
    more = [{"inventoryNumber": "A", "quantity": 10}]  # so that no total is negative
    document = await clerk.document(kind, lines=[A | line, *more])
    assert of(document, *names)[:1] == expected
    draft = await clerk.document(kind, lines=[A, *more])
    change = {"operation": "Update", "lineNumber": 1, **line}
    assert of(await clerk.change(draft, lines=[change]), *names)[:1] == expected


@pytest.mark.plants_fault  # the demo's own SEK documents have places
async def test_amounts_are_rounded_to_the_places_of_their_currency(clerk: Clerk) -> None:
    await clerk.sql("update currency set decimals = 0 where currency_id = 'SEK'")
    lines = [A | {"manualAmountInCurrency": Decimal("99.5")}, A | {"discountAmountInCurrency": Decimal("0.5")}]
    document = await clerk.invoice(currencyId="SEK", exchangeRate=1, lines=lines)
    assert of(document, "manualAmountInCurrency", "discountAmountInCurrency") == [(100, 0), (200, 1)]


async def test_a_rate_is_rounded_to_eight_places(clerk: Clerk) -> None:
    document = await clerk.invoice(currencyId="EUR", exchangeRate=Decimal("10.123456785"))
    assert document["exchangeRate"] == Decimal("10.12345679")
    again = await clerk.change(document, exchangeRate=Decimal("10.1234567850000001"))
    assert again == document


async def test_gross_prices_divided_by_floats_add_up_to_what_the_shop_sold_for(clerk: Clerk) -> None:
    """Source: shops that keep prices with VAT and send gross / 1.25 as a float."""
    gross = [199.90, 108.695, 54.6875, 19.99, 0.99]
    lines = [{"description": "x", "vatCodeId": "3", "unitPriceInCurrency": Decimal(repr(it / 1.25))} for it in gross]
    document = await clerk.invoice(lines=lines)
    assert document["amount"] == Decimal("384.26")


# Nothing is cleared where there is nothing yet

EMPTY = ("unitPriceInCurrency", "quantity", "manualAmountInCurrency", "vatCodeId", "accountNumber")


@pytest.mark.parametrize("empty", [None, ""])
@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_empty_on_a_new_line_is_not_sent(clerk: Clerk, kind: str, empty: str | None) -> None:
    plain = await clerk.document(kind, lines=[{"inventoryNumber": "A"}])
    names = (*EMPTY, "uom", "description", "deferralCode", "branchNumber", "salesperson", "discountPercent")
    sent = dict.fromkeys(names, empty)
    assert plain["amount"] == 125
    for name in sent:
        document = await clerk.document(kind, lines=[{"inventoryNumber": "A", name: empty}])
        assert document[LINES[kind]] == plain[LINES[kind]], name
    whole = await clerk.document(kind, lines=[{"inventoryNumber": "A", **sent}])
    assert whole[LINES[kind]] == plain[LINES[kind]]
    # Also a line that a PUT inserts.
    grown = await clerk.change(whole, lines=[{"operation": "Insert", "inventoryNumber": "A", **sent}])
    assert grown["amount"] == 250


@pytest.mark.parametrize("empty", [None, ""])
async def test_what_is_empty_on_a_new_document_is_not_sent(clerk: Clerk, empty: str | None) -> None:
    plain = await clerk.invoice()
    names = ("customerVatZoneId", "creditTermsId", "paymentMethodId", "cashAccount", "currencyId", "locationId",
             "branchNumber", "postPeriod", "financialPeriod", "referenceNumber", "childCustomerNumber", "exchangeRate",
             "project")  # fmt: skip
    whole = await clerk.invoice(
        **dict.fromkeys(names, empty), billingAddress={"city": empty, "countryId": empty, "overrideAddress": False}
    )
    moving = {"referenceNumber", "timeStamp", "lastModifiedDateTime", "createdDateTime", "paymentReference"}
    assert {name: it for name, it in whole.items() if name not in moving} == {
        name: it for name, it in plain.items() if name not in moving
    }
    assert whole["vatTotal"] == 25


@pytest.mark.parametrize("kind", KINDS)
async def test_null_clears_on_an_update_as_ever(clerk: Clerk, kind: str) -> None:
    document = await clerk.document(kind, lines=[A | {"unitPriceInCurrency": 90}])
    line = {"operation": "Update", "lineNumber": 1}
    assert document["vatTotal"] == 45
    untaxed = await clerk.change(document, lines=[line | {"vatCodeId": None}])
    assert (untaxed["vatTotal"], untaxed["taxDetails"]) == (0, [])
    assert "vatCode" not in untaxed[LINES[kind]][0]
    looked_up = await clerk.change(document, lines=[line | {"unitPriceInCurrency": None}])
    assert looked_up["amount"] == 200, "a price is the exception: null looks it up again (PRC-06)"
    assert (await clerk.change(document, customerVatZoneId=None)).get("customerVatZone") is None


async def test_nobody_sells_where_null_says_so(clerk: Clerk) -> None:
    """The one null that means something on a new document: none instead of the customer's own."""
    await clerk.execute(
        """insert into salesperson (company_id, salesperson_id, salesperson_cd, name, created_at, modified_at)
           values (1, 7, 'KARI', 'Kari', now(), now())""",
        """insert into customer_salesperson (company_id, customer_id, location_id, salesperson_id, is_default,
                                             commission_percent, created_at, modified_at)
           select 1, customer_id, default_location_id, 7, true, 0, now(), now() from customer where number = '20001'""",
    )
    assert (await clerk.invoice())["salesPerson"]["id"] == "KARI"
    assert (await clerk.invoice(salesperson="", salesPersonID=0))["salesPerson"]["id"] == "KARI"
    assert "salesPerson" not in await clerk.invoice(salesperson=None)


# Zeros that nobody meant


@pytest.mark.parametrize("kind", KINDS)
async def test_an_entered_zero_beside_a_price_and_a_quantity_says_nothing(clerk: Clerk, kind: str) -> None:
    line = A | {"unitPriceInCurrency": 90, "manualAmountInCurrency": 0}
    document = await clerk.document(kind, lines=[line, A])
    assert of(document, "amount", "manualAmount") == [(180, 180), (200, 200)]
    for sent, amount in (
        ({"quantity": 3, "unitPriceInCurrency": 90}, 270),
        ({"quantity": 3, "unitPriceInCurrency": 90, "note": "x"}, 270),
        ({"unitPriceInCurrency": 80}, 240),
    ):
        change = {"operation": "Update", "lineNumber": 1, "manualAmountInCurrency": 0, **sent}
        assert of(await clerk.change(document, lines=[change]), "amount")[0] == (amount,)


async def test_an_entered_amount_stands_beside_an_entered_zero(clerk: Clerk) -> None:
    document = await clerk.invoice(lines=[A | {"unitPriceInCurrency": 90, "manualAmountInCurrency": 150}])
    sent = {"operation": "Update", "lineNumber": 1, "quantity": 2, "unitPriceInCurrency": 90, "note": "x"}
    changed = await clerk.change(document, lines=[sent | {"manualAmountInCurrency": 0}])
    assert of(changed, "amount", "note") == [(150, "x")]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (A | {"unitPriceInCurrency": 0}, "unitPriceInCurrency"),
        ({"inventoryNumber": "A", "quantity": 0, "unitPriceInCurrency": 90}, "quantity"),
        ({"inventoryNumber": "A", "quantity": 0, "unitPriceInCurrency": 0}, "quantity"),
        ({"description": "x", "quantity": 0, "unitPriceInCurrency": 90}, "quantity"),
        (A | {"unitPriceInCurrency": Decimal("0.0000001")}, "unitPriceInCurrency"),
    ],
)
@pytest.mark.parametrize("zero", [0, Decimal("0.004")])
async def test_a_line_of_zeros_that_may_not_be_meant_is_refused(
    clerk: Clerk, line: dict[str, Any], field: str, zero: Any
) -> None:
    text = await clerk.refuse(INVOICE, lines=[A, line | {"manualAmountInCurrency": zero}])
    assert text.startswith("The line would be free: its amount is 0, and so is its price or its quantity.")
    assert f"Field: invoiceLines[1].{field}. For " in text
    assert " leave out what is 0; for a free line, the amount." in text
    document = await clerk.invoice(lines=[A, line], documentDate="2025-03-03")
    assert of(document, "amount")[1] == (0,), "a zero that is sent for itself is meant"


async def test_a_line_of_zeros_in_a_change_is_refused_where_the_line_is_worth_something(clerk: Clerk) -> None:
    lines = [A, {"description": "Work", "manualAmountInCurrency": 150}, {"description": "Thanks"}]
    document = await clerk.invoice(lines=lines)
    zeros = {"operation": "Update", "quantity": 0, "unitPriceInCurrency": 0, "manualAmountInCurrency": 0}
    for line, worth in ((1, "200.00"), (2, "150.00")):
        text = await clerk.refuse_change(document, lines=[zeros | {"lineNumber": line}])
        assert f"Field: invoiceLines[0].quantity. For {worth} leave out what is 0" in text
    await clerk.change(document, lines=[zeros | {"lineNumber": 3}])


@pytest.mark.parametrize(
    "line",
    [
        A | {"manualAmountInCurrency": 0},
        A | {"unitPriceInCurrency": 0},
        A | {"quantity": 0},
        A | {"unitPriceInCurrency": 0, "manualAmountInCurrency": 0, "discountPercent": 100},
        {"description": "x", "quantity": 2, "unitPriceInCurrency": 0, "manualAmountInCurrency": 0},
    ],
)
async def test_a_free_line_is_one_that_says_so(clerk: Clerk, line: dict[str, Any]) -> None:
    document = await clerk.invoice(lines=[A, line])
    assert of(document, "amount") == [(200,), (0,)]
    [_, free] = document["invoiceLines"]
    echo = {"operation": "Update", "lineNumber": 2} | {
        name: free[name] for name in ("quantity", "unitPriceInCurrency", "manualAmountInCurrency", "discountPercent")
    }
    assert await clerk.change(document, lines=[echo]) == document, "it may be sent back as it was read"


# Addresses of a document


async def test_the_invoice_address_does_not_lose_its_country_nor_take_what_is_no_mail(clerk: Clerk) -> None:
    document = await clerk.invoice(billingAddress={"city": "Hamar", "countryId": "NO"})
    for empty in (None, ""):
        text = await clerk.refuse_change(document, billingAddress={"countryId": empty})
        assert "An address cannot lose its country. Field: billingAddress.countryId." in text
    assert "Field: invoiceContact.email." in await clerk.refuse_change(document, invoiceContact={"email": "not one"})
    assert "Field: invoiceContact.email." in await clerk.refuse(INVOICE, invoiceContact={"email": "a@b@c"})
    changed = await clerk.change(document, invoiceContact={"email": "a@x.no; b@y.no"})
    assert changed["invoiceContact"]["email"] == "a@x.no; b@y.no"
    own = await clerk.change(document, billingAddress={"countryId": "", "overrideAddress": False})
    assert own["invoiceAddress"]["country"]["id"] == "NO"
