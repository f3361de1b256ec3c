"""What empty and odd values mean for a customer: rounded, not sent, cleared or refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.clerk import Clerk

# Amounts


@pytest.mark.parametrize(
    ("sent", "stored"), [(1000.123456, "1000.12"), (1000.125, "1000.13"), (86.95652173913044, "86.96"), (0.004, "0")]
)
async def test_a_credit_limit_is_rounded_to_the_base_currency(clerk: Clerk, sent: float, stored: str) -> None:
    assert (await clerk.customer(creditLimit=sent))["creditLimit"] == Decimal(stored)
    await clerk.customer(number="OLD")
    assert (await clerk.change("customer/OLD", creditLimit=sent))["creditLimit"] == Decimal(stored)


async def test_the_most_of_a_mandate_is_rounded_to_the_customers_currency(clerk: Clerk) -> None:
    await clerk.sql("update currency set decimals = 0 where currency_id = 'SEK' and company_id = $1", clerk.company_id)
    for currency, stored in (("NOK", "10.13"), ("SEK", "10")):
        made = await clerk.customer(currencyId=currency, directDebitLines=[{"maxAmount": 10.1250000001}])
        assert made["directDebitLines"][0]["maxAmount"] == Decimal(stored)


# Nothing is cleared where there is nothing yet


@pytest.mark.parametrize("empty", [None, ""])
async def test_what_is_empty_on_a_new_customer_comes_from_its_class(clerk: Clerk, empty: str | None) -> None:
    plain = await clerk.customer(customerClassId="EXPORT")
    names = ("vatZoneId", "creditTermsId", "currencyId", "status", "statementType", "creditVerification", "creditLimit")
    accounts = {"customerLedgerAccount": empty, "salesAccount": empty}
    made = await clerk.customer(
        customerClassId="EXPORT",
        **dict.fromkeys(names, empty),
        glAccounts=accounts,
        defaultPaymentMethod={"paymentMethodId": empty, "isDefault": False},
        mainAddress={"city": empty, "countryId": empty},
        invoiceAddress={"city": empty, "countryId": empty},
    )
    own = {"createdDateTime", "lastModifiedDateTime", "internalId", "number", "location", "timeStamp"}
    own |= {name for name in made if name.endswith(("Address", "Contact"))}
    assert {name: it for name, it in made.items() if name not in own} == {
        name: it for name, it in plain.items() if name not in own
    }
    assert made["vatZone"]["id"] == "EX"
    assert made["mainAddress"]["country"]["id"] == made["invoiceAddress"]["country"]["id"] == "DE"
    moved = await clerk.change(made, mainAddress={"city": "Bonn"})
    assert moved["invoiceAddress"]["city"] == "Bonn", "it follows the main one"


async def test_a_vat_zone_is_cleared_where_there_is_one(clerk: Clerk) -> None:
    made = await clerk.customer()
    assert made["vatZone"]["id"] == "NO"
    assert "vatZone" not in await clerk.change(made, vatZoneId=None)


async def test_the_ledger_account_is_never_empty(clerk: Clerk) -> None:
    made = await clerk.customer(number="M", glAccounts={"customerLedgerAccount": None})
    assert made["glAccounts"]["customerLedgerAccount"]["number"] == "1500"
    text = await clerk.refuse_change(made, glAccounts={"customerLedgerAccount": None})
    assert "Field: glAccounts.customerLedgerAccount" in text


# The currency


async def test_the_currency_of_a_customer_with_documents_stays(clerk: Clerk) -> None:
    await clerk.customer(number="M")
    assert (await clerk.change("customer/M", currencyId="EUR"))["currencyId"] == "EUR"
    assert (await clerk.change("customer/M", currencyId="NOK"))["currencyId"] == "NOK"
    draft = await clerk.invoice("M")
    text = await clerk.refuse_change("customer/M", currencyId="eur")
    assert text.startswith("Customer M has documents, so its currency stays NOK. Field: currencyId. Sent: 'EUR'.")
    by_class = {"customerClassId": "EXPORT", "overrideWithClassValues": True}
    text = await clerk.refuse_change("customer/M", **by_class)
    assert text.startswith("Customer M has documents, so its currency stays NOK. Field: customerClassId.")
    assert (await clerk.change("customer/M", currencyId="nok", accountReference="x"))["accountReference"] == "x"
    assert (await clerk.change("customer/M", **by_class, currencyId="NOK"))["currencyId"] == "NOK"
    assert (await clerk.delete(draft)).status_code == 204
    assert (await clerk.change("customer/M", currencyId="EUR"))["currencyId"] == "EUR"


# Countries and mail


@pytest.mark.parametrize("empty", ["", " ", None])
@pytest.mark.parametrize("name", ["mainAddress", "invoiceAddress", "deliveryAddress"])
async def test_an_address_does_not_lose_its_country(clerk: Clerk, name: str, empty: str | None) -> None:
    await clerk.customer(number="M", mainAddress={"countryId": "NO"})
    text = await clerk.refuse_change("customer/M", **{name: {"countryId": empty}})
    assert text.startswith(f"An address cannot lose its country. Field: {name}.countryId.")
    assert "to keep NO" in text
    assert (await clerk.change("customer/M", **{name: {"countryId": "SE"}}))[name]["country"]["id"] == "SE"


async def test_an_address_without_a_country_may_be_sent_back_as_it_is(clerk: Clerk) -> None:
    made = await clerk.customer(number="M", customerClassId="NOZONE", vatZoneId="NO")
    assert "country" not in made["mainAddress"]
    after = await clerk.change("customer/M", mainAddress={"city": "Oslo", "countryId": ""})
    assert after["mainAddress"]["city"] == "Oslo"


@pytest.mark.parametrize(
    "mail", ["a@b", "kari.nordmann+faktura@x.example", "a@x.no; b@y.no", "a@x.no,b@y.no;", "Æ@ø.no", None, ""]
)
async def test_what_mail_can_go_to_is_kept_as_it_was_sent(clerk: Clerk, mail: str | None) -> None:
    made = await clerk.customer(mainContact={"email": mail}, invoiceContact={"email": mail, "phone1": "1"})
    assert made["mainContact"].get("email") == made["invoiceContact"].get("email") == (mail or None)


@pytest.mark.parametrize("mail", ["not an email; b@c.no", "a.b.no", "@b", "a@", "a@b@c", "a b@c.no", ";", "a@b; c"])
@pytest.mark.parametrize("name", ["mainContact", "invoiceContact", "deliveryContact"])
async def test_what_mail_cannot_go_to_is_refused(clerk: Clerk, name: str, mail: str) -> None:
    await clerk.customer(number="M")
    text = await clerk.refuse_change("customer/M", **{name: {"email": mail}})
    assert f"Field: {name}.email." in text
    assert "name@example.com" in text
    assert f"Field: {name}.email." in await clerk.refused("POST", "customer", name="X", **{name: {"email": mail}})


async def test_a_mail_address_that_stands_already_passes(clerk: Clerk) -> None:
    await clerk.customer(number="M", mainContact={"email": "a@b.no"})
    await clerk.sql("update contact_details set email = 'by telephone' where email = 'a@b.no'")
    after = await clerk.change("customer/M", mainContact={"email": "by telephone", "phone1": "11"})
    assert after["mainContact"]["phone1"] == "11"
    text = await clerk.refuse_change("customer/M", mainContact={"email": "by telefax"})
    assert "Field: mainContact.email." in text
