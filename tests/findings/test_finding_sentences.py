"""Findings in words: numbers, plurals, dates and names as each language writes them."""

import pytest

from analysis import areas
from analysis.findings.finding import Finding
from analysis.findings.measures import (
    LANGUAGES,
    area_name,
    capital,
    count_words,
    number,
    of_plural,
    period_words,
    sentence,
    value_words,
)

SAID = {"method": "Read.", "limits": "Detected."}


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "written"),
    [
        (12345.6, "persons", 0, ["12,346", "12\u202f346", "12\u00a0346", "12.346"]),
        (3.25, "ratio", 2, ["3.25", "3,25", "3,25", "3,25"]),
        (29.4, "percent", 0, ["29%", "29\u00a0%", "29\u00a0%", "%29"]),
        (3.84, "percent_a_year", 1, ["+3.8%", "+3,8\u00a0%", "+3,8\u00a0%", "+%3,8"]),
        (-3.84, "percent_a_year", 1, ["-3.8%", "-3,8\u00a0%", "-3,8\u00a0%", "-%3,8"]),
        # What is rounded to nothing has no sign.
        (-0.04, "percent_a_year", 1, ["0.0%", "0,0\u00a0%", "0,0\u00a0%", "%0,0"]),
        (0.04, "percent_a_year", 1, ["0.0%", "0,0\u00a0%", "0,0\u00a0%", "%0,0"]),
        (1, "days", 0, ["1 day", "1 jour", "1 dia", "1 gün"]),
        (0, "days", 0, ["0 days", "0 jour", "0 dias", "0 gün"]),
        (1.5, "days", 1, ["1.5 days", "1,5 jour", "1,5 dias", "1,5 gün"]),
        (21, "days", 0, ["21 days", "21 jours", "21 dias", "21 gün"]),
    ],
)
def test_numbers_are_written_as_readers_of_each_language_write_them(
    value: float, unit: str, decimals: int, written: list[str]
):
    assert [number(value, unit, decimals, language) for language in LANGUAGES] == written


def test_a_phrase_without_forms_is_the_same_for_all_numbers():
    assert of_plural("{v} gün", 1, "tr") == of_plural("{v} gün", 5, "tr") == "{v} gün"
    # French has a form for millions, which few phrases need.
    assert of_plural({"one": "a", "other": "b"}, 1_000_000, "fr") == "b"


@pytest.mark.parametrize("count", [None, float("nan"), "", "<NA>"])
def test_no_n_is_a_dash_and_never_a_zero(count: object):
    assert count_words(count, "fr") == "–"
    assert count_words(0, "fr") == "0"
    assert count_words(1234, "tr") == "1.234"


def test_a_sentence_begins_with_the_capital_of_its_language():
    assert capital("insan ticareti", "tr") == "İnsan ticareti"
    assert capital("il", "fr") == "Il"
    assert capital("Şanlıurfa", "tr") == "Şanlıurfa"
    assert capital("", "tr") == ""


def test_the_reason_stands_in_english_sentences_alone():
    none = Finding(
        *(areas.get("TGO"), "detected_victims", "unodc"), status="not reported", why="Nobody sent a figure.", **SAID
    )
    said = {language: sentence(none.row(), language) for language in LANGUAGES}
    assert "Nobody sent a figure" in said["en"]
    assert all("Nobody" not in said[language] for language in LANGUAGES[1:])
    assert all(value_words(none.row(), language) in said[language] for language in LANGUAGES)


def test_bounds_are_told_from_values():
    def detected(**said: object) -> str:
        return value_words(Finding(areas.get("GMB"), "detected_victims", "unodc", **SAID, **said).row())

    assert detected(low=1, high=4, interval="figure") == "between 1 and 4"
    assert detected(low=7, high=float("inf"), interval="figure") == "at least 7"
    assert detected(value=7) == "7"
    assert detected(value=7, low=3, high=12, interval="confidence") == "7 (95% interval 3 to 12)"
    # A range over methods has no middle that could be told.
    assert detected(value=7, low=3, high=12, interval="range").startswith("between 3 and 12, ")
    assert detected(low=3, high=float("inf"), interval="range") == "at least 3, over all methods"


def test_a_country_that_has_one_name_in_all_languages_keeps_it():
    assert {area_name("CPV", language) for language in LANGUAGES} == {"Cabo Verde"}
    assert area_name("CIV", "fr") == "Côte d’Ivoire"
    assert area_name("TR-63", "en") == "Şanlıurfa"


def test_periods_are_written_in_each_language():
    assert period_words("2014/2022", "fr") == "2014–2022"
    assert period_words("2020-04/2021-03", "en") == "Apr 2020 – Mar 2021"
    assert period_words("2024-12-05", "tr") == "5 Ara 2024"
    assert period_words("", "pt") == ""
