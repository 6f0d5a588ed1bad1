"""Ages: a limit is no age, a unit counts, and what is written in no known way is no age at all."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.cases import ages
from analysis.cases.cell_words import as_code, exactly, phrase

UNITS = {phrase(word): unit for word, unit in {
    "yaş": "years", "ans": "years", "anos": "years", "years": "years", "سنة": "years", "ay": "months", "hafta": "weeks",
}.items()}  # fmt: skip


def age(text: str, beside: str | None = None, **more: str) -> tuple[float | None, float | None] | str:
    """Low and high of one text, None where open; or the rule that it breaks."""
    found = ages.read([text], UNITS | more, ",", beside=None if beside is None else [beside]).iloc[0]
    if found["rule"]:
        return found["rule"]
    low, high = (None if math.isnan(found[name]) else found[name] for name in ("low", "high"))
    return low, high


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("18 altı", 0, 17),
        ("18 ALTI", 0, 17),
        ("18 yaş altı", 0, 17),
        ("18 yaşından küçük", 0, 17),
        ("18'den küçük", 0, 17),
        ("under 18", 0, 17),
        ("under 18 years", 0, 17),
        ("moins de 12 ans", 0, 11),
        ("menor de 18 anos", 0, 17),
        ("unter 5", 0, 4),
        ("أقل من 18 سنة", 0, 17),
        ("دون 18", 0, 17),
        # Who has turned 18 is over 18.
        ("18+", 18, None),
        ("18 +", 18, None),
        ("18 yaş+", 18, None),
        ("18 üstü", 18, None),
        ("18 yaş ve üzeri", 18, None),
        ("über 18", 18, None),
        ("plus de 18 ans", 18, None),
        ("18 ans et plus", 18, None),
        ("18 سنة فأكثر", 18, None),
        # The number itself is among them.
        ("up to 17", 0, 17),
        ("até 17 anos", 0, 17),
        ("17 ve altı", 0, 17),
        ("≤17", 0, 17),
        ("≥ 18", 18, None),
        # At most 17 months are one completed year, at most 23 weeks (161 days) none; 24 months or more are two years.
        ("18 ay altı", 0, 1),
        ("24 hafta altı", 0, 0),
        ("24 ay ve üzeri", 2, None),
        ("9–17", 9, 17),
        ("١٤ سنة", 14, 14),
        ("14 (yaş)", 14, 14),
    ],
)
def test_words_that_make_a_number_a_limit(text, low, high):
    assert age(text) == (low, high)


@pytest.mark.parametrize(
    "text",
    ["-18", "18-", "14 yaş?", "14 ?", "~14", "~14 yaş", "14 yaş *", "under 0", "under 14,5", "over 9-17", "under 18+",
     "under <18", "14 yaş yaş", "altı", "yaş altı", "on dört", "12 / 9", "12 9", "14 yaş civarı", "environ 14",
     "under 140", "14 m"],
)  # fmt: skip
def test_what_is_no_age(text):
    assert age(text) == "number"


@given(st.integers(1, 120), st.sampled_from(["{} altı", "under {}", "moins de {} ans", "{} yaş altı", "menos de {}"]))
def test_nobody_under_an_age_is_of_that_age(number, written):
    assert age(written.format(number)) == (0, number - 1)


@pytest.mark.parametrize(
    ("text", "beside", "expected"),
    [
        ("8", "ay", (0, 0)),
        ("30", "AY", (2, 2)),
        ("8", "yaş", (8, 8)),
        ("8-10", "yaş", (8, 10)),
        ("18", "altı", (0, 17)),
        ("8 ay", "ay", (0, 0)),
        ("8 ay", "", (0, 0)),
        ("", "ay", (None, None)),
        # It is not known what is counted, or two cells say different things.
        ("8", "", "number"),
        ("8", "?", "number"),
        ("8", "tane", "number"),
        ("8 yaş", "ay", "number"),
    ],
)
def test_a_unit_in_a_column_of_its_own(text, beside, expected):
    assert age(text, beside) == expected


def test_what_an_empty_cell_of_units_means_can_be_declared():
    assert age("8", "", **{"": "years"}) == (8, 8)
    assert age("30", "", **{"": "months"}) == (2, 2)


def test_a_declared_word_goes_before_a_known_one():
    assert age("18 altı", alti="up to") == (0, 18)


def test_values_are_compared_with_their_signs_and_without_capitals():
    values = {"On Dört": "14", "~16": "15-17", "belli değil": "", "çocuk": "under 18", "bebek": "8 months"}
    texts = ["ON DÖRT", "on  dort", "~16", "16", "belli değil", "Çocuk", "bebek", "~ 16"]
    found = ages.read(texts, {}, ".", values)
    assert found["low"].fillna(-1).tolist() == [14, 14, 15, 16, -1, 0, 0, -1]
    assert found["high"].fillna(-1).tolist() == [14, 14, 17, 16, -1, 17, 0, -1]
    assert found["rule"].tolist() == [""] * 7 + ["number"]


@pytest.mark.parametrize(
    ("word", "side"),
    [("altı", "under"), ("yaş altı", "under"), ("ve altı", "up to"), ("ans et plus", "over"), ("yaş", ""), ("y/o", ""),
     ("yaş altı çocuk", "under"), ("+", "over")],
)  # fmt: skip
def test_words_for_limits_are_known(word, side):
    assert ages.bound(word) == side


def test_no_word_is_a_unit_and_a_limit():
    assert not set(ages._KNOWN_UNITS) & set(ages._KNOWN_BOUNDS)
    assert not [word for word in ages._KNOWN_UNITS if ages.bound(word)]


@pytest.mark.parametrize(
    ("first", "second", "equal"),
    [("Kız", "KIZ.", True), ("1", "1.", True), ("1", "(1)", True), ("-1", "1", False), ("~16", "16", False),
     ("+", "-", False), ("9", "٩", True), ("K", "K?", True)],
)  # fmt: skip
def test_texts_that_are_one_code(first, second, equal):
    assert (as_code(first) == as_code(second)) is equal


@pytest.mark.parametrize(
    ("first", "second", "equal"),
    [
        ("On dört", "ON  DORT", True),
        ("~16 ay", "16 ay", False),
        ("<5", "5", False),
        ("00.00.2008", "00 00 2008", False),
    ],
)
def test_texts_that_are_one_value(first, second, equal):
    assert (exactly(first) == exactly(second)) is equal
