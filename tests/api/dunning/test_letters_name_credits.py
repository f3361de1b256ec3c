"""What a customer has in his favour is said on his letters, below what they ask for."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.api.dunning.debtors import debtor, late, numbered, reminded
from tests.api.dunning.test_dunning_prints import pages_of
from tests.clerk import CREDIT_NOTE, INVOICE, Clerk

EUROS = {"description": "Hours", "unitPriceInCurrency": 1000, "quantity": 1, "vatCodeId": "5"}


@pytest.mark.parametrize(
    ("country", "says"),
    [
        ("NO", "Du har 1 000,00 EUR + 165,00 NOK til gode hos oss, som ikke er trukket fra ovenfor."),
        ("SE", "Du har 1 000,00 EUR + 165,00 NOK till godo hos oss, som inte är avdraget ovan."),
        ("DE", "You have 1,000.00 EUR + 165.00 NOK in your favour with us, which is not deducted above."),
    ],
)
async def test_open_credits_and_payments_are_told_by_currency(clerk: Clerk, country: str, says: str) -> None:
    address = {"addressLine1": "Gata 1", "city": "Somewhere", "countryId": country}
    customer = await debtor(clerk, mainAddress=address)
    await clerk.issue(INVOICE, customer)
    await clerk.pay(40, customer=customer)
    await clerk.issue(CREDIT_NOTE, customer)
    await clerk.issue(CREDIT_NOTE, customer, currencyId="EUR", lines=[EUROS])
    held = await clerk.issue(CREDIT_NOTE, customer)
    await clerk.change(held, hold=True)  # it may not be applied
    await reminded(clerk, customer, late(15))
    (page,) = await pages_of(clerk, 1)
    assert says in page.replace("\u00a0", " ").replace("\u202f", " ")
    assert page.index("165") > page.index("125"), "below the documents"
    letter = await clerk.get(numbered(1))
    assert letter["openCredits"] == [{"currencyId": "EUR", "amount": 1000.0}, {"currencyId": "NOK", "amount": 165.0}]
    assert letter["text"]["inFavour"].startswith(says[:8])
    assert [it["total"] for it in letter["totals"]] == [125.0], "what is asked for stays"


async def test_a_letter_without_any_says_nothing_and_what_it_lists_is_not_told_twice(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    await clerk.issue(INVOICE, customer)
    await reminded(clerk, customer, late(15))
    assert "openCredits" not in await clerk.get(numbered(1))
    assert "til gode" not in (await pages_of(clerk, 1))[0]
    await clerk.prefer(dunning={"include_credit_notes": True})
    await clerk.issue(CREDIT_NOTE, customer)
    await reminded(clerk, customer, late(29))
    letter = await clerk.get(numbered(2))
    assert [it["reminded"] for it in letter["lines"]] == [True, False]
    assert "inFavour" not in letter["text"]


async def test_a_released_letter_stays_as_it_was_and_a_draft_follows_the_books(clerk: Clerk) -> None:
    customer = await debtor(clerk)
    invoice = await clerk.issue(INVOICE, customer)
    paid = await clerk.pay(40, customer=customer)
    await reminded(clerk, customer, late(15))
    before = (await clerk.http.get(f"/v1/{numbered(1)}/print")).content
    await clerk.prefer(dunning={"auto_release": False})
    await reminded(clerk, customer, late(29))
    credits_ = [{"currencyId": "NOK", "amount": Decimal(40)}]
    assert (await clerk.get(numbered(2)))["openCredits"] == credits_
    await clerk.change(paid, paymentLines=[{"documentType": "Invoice", "refNbr": invoice.number, "amountPaid": 15,
                                            "operation": "Insert"}])  # fmt: skip
    await clerk.http.post(f"/v1/customerPayment/{paid.number}/action/release")
    assert (await clerk.get(numbered(2)))["openCredits"] == [{"currencyId": "NOK", "amount": Decimal(25)}]
    assert (await clerk.get(numbered(1)))["openCredits"] == credits_
    assert (await clerk.http.get(f"/v1/{numbered(1)}/print")).content == before
    assert (await clerk.act(numbered(2), "release")).status_code == 200
    assert (await clerk.get(numbered(2)))["openCredits"] == [{"currencyId": "NOK", "amount": Decimal(25)}]


async def test_letters_to_a_parent_tell_its_own_credits_and_those_of_whom_they_list(clerk: Clerk) -> None:
    await clerk.prefer(dunning={"letters_to_parent": True})
    parent, child, other = [await debtor(clerk) for _ in range(3)]
    for number in (child, other):
        await clerk.change(f"customer/{number}", parentRecordNumber=parent)
    await clerk.issue(INVOICE, child)
    for number, amount in ((parent, 10), (child, 20), (other, 70)):
        await clerk.pay(amount, customer=number)
    await reminded(clerk, parent, late(15))
    assert (await clerk.get(numbered(1)))["openCredits"] == [{"currencyId": "NOK", "amount": Decimal(30)}]
