"""What empty and odd values mean for a customer: rounded, not sent, cleared or refused."""

from __future__ import annotations

import pytest

from tests.clerk import Clerk

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
