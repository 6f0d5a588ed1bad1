"""Dates: what people write is read as the interval that it means, and what can mean two things is not read."""

import calendar
import datetime
import unicodedata

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.cases import dates
from analysis.cases.dates import is_format, month_names, read, same_texts

LATEST = datetime.date(2024, 1, 31)


def one(text: str, *formats: str, earliest: int = dates.EARLIEST_EVENT) -> tuple[str, str, str]:
    """First and last day and precision of one text; or its rule, three times over."""
    found = read([text], formats, LATEST, earliest=earliest).iloc[0]
    if found["rule"]:
        assert pd.isna(found["low"])
        return (found["rule"],) * 3
    return str(found["low"].date()), str(found["high"].date()), found["precision"]


def day(text: str, *formats: str) -> str:
    low, high, precision = one(text, *formats)
    assert low == high
    assert precision in ("day", "date", "date_range")
    return low


# --- Formats -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["dd.mm.yyyy", "mm/yyyy", "month yyyy", "dd month yyyy", "dd-month-yy", "month dd, yyyy", "q/yyyy", "yyyy",
     "yyyy-mm-dd", "yyyy/mm/dd", "ddmmyyyy", "ddmmyy", "yyyymm", "dd de month de yyyy", "yyyy_mm", "mm/dd/yyyy"],
)  # fmt: skip
def test_formats(text):
    assert is_format(text)


@pytest.mark.parametrize(
    "text",
    ["mmm yyyy", "HH:MM", "dd.mm.yyyy HH:MM", "yyyyy", "yyyyyy", "dd.MM.yyyy", "DD.MM.YYYY", "mm/yyyy h",  # letters
     "", "dd.mm", "month", "mm", "20yy", "dd.mm.20yy",  # no year, or digits
     "dd yyyy", "yyyy-dd", "dd/yy",  # a day without a month
     "q mm yyyy", "q dd mm yyyy", "month q yyyy", "dd q yyyy",  # a quarter beside a month or day
     "dd.dd.yyyy", "mm month yyyy", "yy yyyy",  # twice
     "yyyy-dd-mm"],  # would be read as an ISO date
)  # fmt: skip
def test_what_is_no_format(text):
    assert not is_format(text)


@pytest.mark.parametrize(
    ("first", "second"),
    [("dd/mm/yyyy", "mm/dd/yyyy"), ("dd.mm.yy", "yy.mm.dd"), ("yyyy", "yyyy"), ("ddmmyy", "mmyyyy"),
     ("ddmmyyyy", "yyyymmdd"), ("q/yyyy", "mm/yyyy"), ("dd/mm/yyyy", "dd/mm/yyyy ")],
)  # fmt: skip
def test_formats_of_one_shape(first, second):
    assert same_texts(["month yyyy", first, "dd month yyyy", second]) == (first, second)


@pytest.mark.parametrize(
    "formats",
    [["dd.mm.yyyy", "mm.yyyy", "month yyyy", "yyyy"], ["dd.mm.yyyy", "dd/mm/yyyy", "dd.mm.yy"],
     ["mm/yyyy", "q/yyyy"],  # Q1/2021 is left for the second
     ["yyyy-mm-dd", "yyyy-mm", "yyyy"], ["dd/mm/yyyy", "mm/yyyy", "mm-dd-yyyy"]],
)  # fmt: skip
def test_formats_of_several_shapes(formats):
    assert same_texts(formats) is None


@pytest.mark.parametrize(
    ("text", "format_", "found"),
    [
        ("01112020", "ddmmyyyy", "2020-11-01"),
        ("11012020", "ddmmyyyy", "2020-01-11"),
        ("1112020", "ddmmyyyy", "date"),  # 1 November or 11 January
        ("010220", "ddmmyy", "2020-02-01"),
        ("10220", "ddmmyy", "date"),
        ("20200201", "yyyymmdd", "2020-02-01"),
        ("2020111", "yyyymmdd", "date"),
        ("01022020", "mmddyyyy", "2020-01-02"),
        # Beside a sign or a name it is clear where a number ends.
        ("1.2.2020", "dd.mm.yyyy", "2020-02-01"),
        ("1mart2020", "ddmonthyyyy", "2020-03-01"),
        # One of the two has a sign beside it, and one has none.
        ("1.022020", "dd.mmyyyy", "2020-02-01"),
        ("01.22020", "dd.mmyyyy", "date"),
    ],
)
def test_without_a_sign_between_them_numbers_have_two_digits(text, format_, found):
    assert is_format(format_)
    assert day(text, format_) == found


# --- Bounds --------------------------------------------------------------------------------------------------------


def test_a_year_that_excel_took_for_a_day_is_no_date_of_an_event():
    # Day 2021 of Excel's calendar, counted from 30 December 1899.
    excel = (datetime.date(1899, 12, 30) + datetime.timedelta(days=2021)).isoformat()
    assert excel.startswith("1905-")
    assert one(excel, "yyyy")[0] == "date_range"
    assert one(excel, "yyyy", earliest=dates.EARLIEST)[0] == excel


@pytest.mark.parametrize(
    ("text", "event", "birth"),
    [
        ("1979", "date_range", "1979-01-01"),
        ("31.12.1979", "date_range", "1979-12-31"),
        ("1980", "1980-01-01", "1980-01-01"),
        ("01.01.1980", "1980-01-01", "1980-01-01"),
        ("1899", "date_range", "date_range"),
        ("1900", "date_range", "1900-01-01"),
        ("01.02.2024", "date_range", "date_range"),
    ],
)
def test_events_lie_after_a_later_bound_than_births(text, event, birth):
    formats = ("dd.mm.yyyy", "yyyy")
    assert one(text, *formats)[0] == event
    assert one(text, *formats, earliest=dates.EARLIEST)[0] == birth
    # The bound of events is the one that holds where none is given.
    assert (read([text], formats, LATEST)["rule"].iloc[0] == "") == (event != "date_range")


# --- Names of months -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "month"),
    [("janv.", 1), ("févr.", 2), ("févr", 2), ("mars", 3), ("avr.", 4), ("mai", 5), ("juin", 6), ("juil.", 7),
     ("août", 8), ("sept.", 9), ("déc.", 12), ("Sept", 9), ("SEPT.", 9), ("June", 6), ("Jul", 7), ("Aug.", 8),
     ("Oca", 1), ("Şub", 2), ("ŞUBAT", 2), ("Ağu", 8), ("Eyl.", 9), ("EKİM", 10), ("Kas", 11), ("Ara", 12),
     ("fev.", 2), ("março", 3), ("abr", 4), ("ago.", 8), ("set", 9), ("out.", 10), ("dez", 12)],
)  # fmt: skip
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_months_are_read_in_their_usual_abbreviations(name, month, form):
    last = calendar.monthrange(2021, month)[1]
    expected = (f"2021-{month:02d}-01", f"2021-{month:02d}-{last}", "month")
    assert one(unicodedata.normalize(form, f"{name} 2021"), "month yyyy") == expected


@pytest.mark.parametrize("name", ["jui", "jui.", "ja", "m", "Sept..", "xyz", "marsx", "ocak ayı"])
def test_what_begins_two_months_or_none_is_no_month(name):
    assert one(f"{name} 2021", "month yyyy")[0] == "date"


def test_no_abbreviation_begins_the_names_of_two_months():
    whole = {name: month for names in dates._MONTHS.values() for month, name in enumerate(names.split(), start=1)}
    assert len(whole) >= 40
    for short, month in month_names().items():
        assert len(short) >= 3
        if short not in whole:
            assert {number for name, number in whole.items() if name.startswith(short)} == {month}
    assert all(month_names()[name] == month for name, month in whole.items())


# --- Spaces, and the time of day -----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["٠٥.٠٣.٢٠٢١", "۰۵.۰۳.۲۰۲۱", "٠٥.٠٣.٢٠٢١ ١٤:٣٠", "05.03.2021 12:00"])
def test_digits_of_any_script_and_a_time_of_day_are_read(text):
    assert day(text, "dd.mm.yyyy") == "2021-03-05"


@pytest.mark.parametrize("space", [" ", "  ", "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE} ", "\t", "\n"])
def test_any_run_of_spaces_is_one_space(space):
    assert day(f"{space}5{space}Mart{space}2021{space}", "dd month yyyy") == "2021-03-05"
    assert day("5 Mart 2021", f"dd{space}month yyyy") == "2021-03-05"
    assert day(f"2021-03-05{space}14:30", "yyyy") == "2021-03-05"


@pytest.mark.parametrize(
    "time",
    [" 14:30", " 14:30:59", "T12:30:00+03", "T12:30:00+03:00", "T12:30:00+0300", "T12:30:00Z", "T12:30:00.000-03:00",
     " 9:05", ", 14:30", " 14.30", " 14h30", " 2:30 PM", " 00:00:00", " 23:59"],
)  # fmt: skip
@pytest.mark.parametrize(
    ("text", "format_"),
    [("05.03.2021", "dd.mm.yyyy"), ("5/3/21", "dd/mm/yy"), ("5 Mart 2021", "dd month yyyy"), ("05032021", "ddmmyyyy"),
     ("2021-03-05", "yyyy"), ("2021/03/05", "yyyy/mm/dd")],
)  # fmt: skip
def test_a_time_of_day_is_left_out_after_a_day(text, format_, time):
    assert day(text + time, format_) == "2021-03-05"


@pytest.mark.parametrize(
    ("text", "format_"),
    [("05.03.2021 25:30", "dd.mm.yyyy"), ("05.03.2021 14:60", "dd.mm.yyyy"), ("05.03.2021 14", "dd.mm.yyyy"),
     ("05.03.202114:30", "dd.mm.yyyy"), ("05.03.2021 14:30 x", "dd.mm.yyyy"), ("2021-03-05 x", "yyyy"),
     ("2021-03-05T99:99", "yyyy"), ("03.2021 14:30", "mm.yyyy"), ("2021 14:30", "yyyy"), ("2/2021 14:30", "q/yyyy")],
)  # fmt: skip
def test_what_is_no_time_of_day_or_stands_after_no_day_is_not_read(text, format_):
    assert one(text, format_)[0] == "date"


# --- What holds for all --------------------------------------------------------------------------------------------


@given(
    when=st.dates(datetime.date(1980, 1, 1), LATEST),
    format_=st.sampled_from(["dd.mm.yyyy", "mm/dd/yyyy", "ddmmyyyy", "yyyymmdd", "yyyy-mm-dd", "dd month yyyy"]),
    time=st.one_of(st.just(""), st.times().map(lambda time: f" {time:%H:%M:%S}")),
)
def test_what_is_written_in_a_format_is_read_by_it(when, format_, time):
    month = ["Ocak", "févr.", "março", "April", "Mayıs", "juin", "juil.", "Ağu", "Sept", "outubro", "Kas", "déc."]
    text = format_.replace("month", "\0").replace("yyyy", f"{when.year}").replace("mm", f"{when.month:02d}")
    text = text.replace("dd", f"{when.day:02d}").replace("\0", month[when.month - 1])
    assert day(text + time, format_) == when.isoformat()


def test_the_rules_that_held_hold():
    assert one("", "yyyy") == ("NaT", "NaT", "unknown")
    assert one("02.2020", "mm.yyyy") == ("2020-02-01", "2020-02-29", "month")
    assert one("2/2021", "q/yyyy") == one("Q2/2021", "q/yyyy") == ("2021-04-01", "2021-06-30", "quarter")
    assert one("2024", "yyyy") == ("2024-01-01", "2024-01-31", "year")
    assert one("31.02.2021", "dd.mm.yyyy")[0] == "date"
    assert one("05.03.24", "dd.mm.yy", earliest=dates.EARLIEST)[0] == "date_range"
    assert one("05.03.25", "dd.mm.yy", earliest=dates.EARLIEST)[0] == "1925-03-05"
