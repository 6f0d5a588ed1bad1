"""Figures of counts of which some are suppressed: what is suppressed is hatched and said, and never drawn as zero."""

import pandas as pd
import pytest
from matplotlib.text import Text
from refusals import refused

from analysis.plots import png, style
from analysis.plots.suppressed_counts import persons_by_period, protected_shares

FOOTER = style.Footer("a test", "2014 to 2023", "100 persons", "Detected, not incidence.")


def words(figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def periods(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["first", "last", "count"]).astype({"count": "Int64"})


def test_a_withheld_period_is_hatched_as_wide_as_it_is_long_and_has_no_number():
    table = periods((2014, 2015, 30), (2016, 2017, pd.NA), (2018, 2019, 0))
    figure = persons_by_period(table, title="Persons", footer=FOOTER, ylabel="persons")
    said = words(figure)
    assert "30" in said and "0" in said and "suppressed" in said
    (band,) = [patch for axes in figure.axes for patch in axes.patches if patch.get_hatch() and patch.get_width() > 1]
    assert 2016 < band.get_x() < 2016.2 and band.get_x() + band.get_width() == pytest.approx(2017.92)
    png(figure)


def test_periods_that_are_all_withheld_and_none_at_all_can_be_drawn():
    everything = persons_by_period(periods((2014, 2014, pd.NA)), title="t", footer=FOOTER, ylabel="persons")
    assert "suppressed" in words(everything)
    nothing = persons_by_period(periods(), title="t", footer=FOOTER, ylabel="persons")
    assert "no figure found" in words(nothing)
    assert png(everything) and png(nothing)


def test_a_withheld_share_is_a_hatched_row_without_the_numbers_behind_it():
    table = pd.DataFrame(
        {
            "group": ["Sex", "Sex", "Age"],
            "label": ["Male", "Female", "15-17"],
            "share": [0.6, pd.NA, 0.0],
            "n_text": ["60 of 100", "40 of 100", "0 of 100"],
        }
    )
    figure = protected_shares(table, title="Who", footer=FOOTER, xlabel="share of 100 persons")
    said = words(figure)
    assert {"Sex", "Age", "Male", "Female", "60 of 100", "0 of 100"} <= set(said)
    assert "40 of 100" not in said and said.count("suppressed") == 2
    png(figure)


def test_shares_in_per_cent_are_refused():
    table = pd.DataFrame({"group": ["Sex"], "label": ["Male"], "share": [60.0], "n_text": [""]})
    with refused(ValueError, "out_of_range"):
        protected_shares(table, title="Who", footer=FOOTER, xlabel="share")
