"""What pages call countries, in which order, and how they tell why a run passed something over."""

from __future__ import annotations

import pytest

from reskontra.company_file.file import all_countries
from reskontra.pages import countries
from reskontra.pages.countries import by_name, country_name
from reskontra.pages.formats import Formats
from reskontra.pages.reasons import reason


@pytest.mark.parametrize("language", ["nb", "sv"])
def test_every_country_that_ships_has_a_name(language: str) -> None:
    assert set(countries._names()) == {it.name for it in all_countries()}
    assert all(names[language] for names in countries._names().values())
    assert country_name(language, "Germany") == "Tyskland"
    assert country_name(language, "Utopia") == "Utopia", "a name that a company gave"


def test_names_are_in_the_order_of_their_language() -> None:
    def sorted_in(language: str, *names: str) -> list[str]:
        return [name for _, name in by_name(language, [(name, name) for name in names])]

    assert sorted_in("nb", "Åland", "Østerrike", "Zambia", "Egypt", "Ærø") == [
        "Egypt", "Zambia", "Ærø", "Østerrike", "Åland",
    ]  # fmt: skip
    assert sorted_in("sv", "Österrike", "Ägypten", "Åland", "Zambia") == ["Zambia", "Åland", "Ägypten", "Österrike"]
    assert sorted_in("en", "Zambia", "Åland Islands", "Austria", "Albania") == [
        "Åland Islands", "Albania", "Austria", "Zambia",
    ]  # fmt: skip


def test_a_reason_is_told_in_the_language_of_who_reads_it() -> None:
    assert reason(Formats("nb"), "Its balance of 1250.00 is above the limit of 5.00.") == (
        "Saldoen på 1 250,00 er over grensen på 5,00.".replace("1 250", "1\N{NO-BREAK SPACE}250")
    )
    assert reason(Formats("sv"), "It is Reserved.") == "Statusen är Reserverad."
    assert reason(Formats("nb"), "A sentence that is not known.") == "A sentence that is not known."
