"""The VAT in a cash discount (VAT-15): what is given back is exactly the discount, divided like the document."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from reskontra.receivables.rules.discount_vat import Taxed, VatShare, discount_vat
from reskontra.receivables.rules.items import Application, DiscountVat

CENTS = st.integers(0, 10_000_00).map(lambda cents: Decimal(cents).scaleb(-2))

HALF_A_CENT = Decimal("0.005")


def share(vat_id: str, taxable: Decimal, vat: Decimal, rate: Decimal = Decimal(1)) -> VatShare:
    return VatShare(
        vat_id=vat_id,
        rate=Decimal(25),
        exempt=False,
        reverse_charge=False,
        taxable=taxable,
        vat=vat,
        taxable_base=round(taxable * rate, 2),
        vat_base=round(vat * rate, 2),
        payable_account="2700",
        payable_subaccount_id=1,
    )


def given_back(discount: Decimal, base: Decimal, taxed: Taxed) -> tuple[DiscountVat, ...]:
    application = Application(
        credit_document_id=1,
        debit_document_id=2,
        applied_on=date(2025, 3, 3),
        period_id="202503",
        amount_credit=Decimal(1),
        amount_debit=Decimal(1),
        base_credit=Decimal(1),
        base_debit=Decimal(1),
        discount=discount,
        discount_base=base,
    )
    return discount_vat(application, taxed, decimals=2, base_decimals=2)


def test_twenty_five_of_a_discount_of_25_per_cent_are_twenty_and_five() -> None:
    taxed = Taxed(amount=Decimal(1250), has_vat_rate=False, rows=[share("3", Decimal(1000), Decimal(250))])
    (row,) = given_back(Decimal(25), Decimal(25), taxed)
    assert row.vat_id == "3"
    assert [row.taxable, row.vat, row.taxable_base, row.vat_base] == [20, 5, 20, 5]
    assert (row.account_number, row.subaccount_id) == ("2700", 1)
    back = row.opposite
    assert [back.taxable, back.vat, back.taxable_base, back.vat_base] == [-20, -5, -20, -5]


def test_a_document_without_vat_gives_none_back() -> None:
    taxed = Taxed(amount=Decimal(1000), has_vat_rate=False, rows=[share("6", Decimal(1000), Decimal(0))])
    assert given_back(Decimal(25), Decimal(25), taxed) == ()


@given(
    nets=st.lists(CENTS, min_size=1, max_size=4),
    percents=st.lists(st.sampled_from([0, 6, 12, 15, 25]), min_size=4, max_size=4),
    part=st.integers(1, 100),
    rate=st.sampled_from(["1", "10.4", "0.97"]),
)
def test_the_rows_are_the_discount_in_both_currencies(
    nets: list[Decimal], percents: list[int], part: int, rate: str
) -> None:
    rows = [
        share(str(place), net, round(net * percent / 100, 2), Decimal(rate))
        for place, (net, percent) in enumerate(zip(nets, percents, strict=False))
    ]
    amount = sum((row.taxable + row.vat for row in rows), Decimal(0))
    discount = round(amount * part / 100, 2)
    assume(discount)
    base = round(discount * Decimal(rate), 2)
    made = given_back(discount, base, Taxed(amount=amount, has_vat_rate=False, rows=rows))
    most = max(max(row.vat, row.vat_base) * discount / amount for row in rows)
    if most != HALF_A_CENT:
        assert bool(made) == (most > HALF_A_CENT), "only a discount with VAT in it has rows"
    assume(made)
    assert sum(row.taxable + row.vat for row in made) == discount
    assert sum(row.taxable_base + row.vat_base for row in made) == base
    for row, of in zip(made, rows, strict=True):
        assert abs(row.vat - of.vat * discount / amount) <= HALF_A_CENT
        assert 0 <= row.vat <= of.vat
