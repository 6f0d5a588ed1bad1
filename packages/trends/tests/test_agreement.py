"""Whether estimates agree on a direction: variants by hand, and what they count."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from plain_plots import axes_of, dots, labels, limits, pairs, words
from refusals import refused

import trends
from trends.count_trend import APART, AS_IT_IS, MASKED, NO_FIRST, NO_LAST


def series(counts: dict[int, float]) -> pd.DataFrame:
    return pd.DataFrame({"period": list(counts), "count": [float(count) for count in counts.values()]})


# A tenth more each year, large and nearly exact: every estimate shows it.
RISING = {year: round(1000 * 1.1 ** (year - 2010)) for year in range(2010, 2020)}


def test_a_steady_rise_is_one_by_every_estimate_and_its_reverse_a_fall():
    found = trends.agreement({"one": series(RISING)})
    assert (found.estimated, found.rising, found.falling, found.direction) == (3, 3, 0, "rising")
    assert found.table["variant"].tolist() == [AS_IT_IS, NO_FIRST, NO_LAST]
    falling = dict(zip(RISING, reversed(RISING.values()), strict=True))
    found = trends.agreement({"one": series(falling)})
    assert (found.falling, found.direction) == (3, "falling")


def test_each_estimate_is_a_count_trend_of_the_years_it_keeps():
    # Years of COVID-19 within the series, so that there are five estimates.
    counts = {year: 50 + 7 * (year - 2012) + (-1) ** year * 5 for year in range(2012, 2024)}
    table = trends.agreement({"one": series(counts)}).table.set_index("variant")
    assert table.index.tolist() == [AS_IT_IS, MASKED, APART, NO_FIRST, NO_LAST]
    kept = {
        AS_IT_IS: (counts, "kept"),
        MASKED: ({year: count for year, count in counts.items() if year not in (2020, 2021)}, "kept"),
        APART: (counts, "indicator"),
        NO_FIRST: ({year: count for year, count in counts.items() if year != 2012}, "kept"),
        NO_LAST: ({year: count for year, count in counts.items() if year != 2023}, "kept"),
    }
    for variant, (years, covid) in kept.items():
        alone = trends.count_trend(series(years), covid=covid)
        row = table.loc[variant]
        assert [row["estimate"], row["low"], row["high"]] == pytest.approx([alone.annual_change, alone.low, alone.high])


def test_a_rise_that_hangs_on_one_end_is_not_certain():
    # Flat but for the last year: with it the series rises, without it nothing does.
    counts = dict.fromkeys(range(2005, 2015), 100.0) | {2014: 130.0}
    table = trends.agreement({"one": series(counts)})
    without = table.table.set_index("variant").loc[NO_LAST]
    assert without["estimate"] == pytest.approx(0, abs=1e-9) and without["direction"] == "not certain"
    assert table.direction == "not certain"


def test_sources_are_estimated_apart_and_one_that_falls_undoes_a_rise():
    falling = dict(zip(RISING, reversed(RISING.values()), strict=True))
    found = trends.agreement({"one": series(RISING), "other": series(falling)})
    assert (found.estimated, found.rising, found.falling, found.direction) == (6, 3, 3, "not certain")
    assert found.table.groupby("source")["direction"].unique().map(list).to_dict() == {
        "one": ["rising"], "other": ["falling"],
    }  # fmt: skip


def test_what_cannot_be_estimated_does_not_count_and_three_estimates_are_the_fewest():
    five = trends.agreement({"one": series(dict(list(RISING.items())[:5]))})
    # Of five years none can be left out.
    assert (five.estimated, five.rising) == (1, 1)
    assert five.table.set_index("variant")["refused"].ne("").to_dict() == {
        AS_IT_IS: False, NO_FIRST: True, NO_LAST: True,
    }  # fmt: skip
    with refused(trends.TooFewPoints, "too_few_estimates", 1):
        _ = five.direction
    six = trends.agreement({"one": series(dict(list(RISING.items())[:6]))})
    assert (six.estimated, six.direction) == (3, "rising")
    # A source that is too short adds nothing and takes nothing away.
    both = trends.agreement({"one": series(RISING), "short": series({2010: 5, 2011: 6})})
    assert (both.estimated, both.direction) == (3, "rising")


def test_the_first_and_last_year_are_those_with_a_count():
    counts = series(RISING)
    minimum = pd.DataFrame({"period": [2009], "low": [3.0], "high": [np.inf], "value_qualifier": ["at_least"]})
    known = counts.assign(low=counts["count"], high=counts["count"], value_qualifier="exact").drop(columns="count")
    found = trends.agreement({"one": pd.concat([minimum, known], ignore_index=True)}).table.set_index("variant")
    assert found.loc[AS_IT_IS, "n"] == 10 and found.loc[NO_FIRST, "n"] == 9
    alone = trends.count_trend(counts[counts["period"] > 2010])
    assert found.loc[NO_FIRST, "estimate"] == pytest.approx(alone.annual_change)


def test_without_a_series_there_is_nothing_to_agree_on():
    with refused(ValueError, "no_series"):
        trends.agreement({})


def test_a_plot_has_a_row_an_estimate_and_says_where_there_is_none():
    # Doubling, so that every choice of years says 100 % a year.
    found = trends.agreement({"one": series({2010 + k: 10.0 * 2**k for k in range(6)})}, confidence=0.8)
    figure = found.plot()
    assert labels(figure) == [f"one, {variant}" for variant in (AS_IT_IS, NO_FIRST, NO_LAST)]
    assert dots(figure) == [pytest.approx([100, 100, 100])]
    assert "80 % limits" in words(figure) and "no change" in words(figure)
    assert limits(figure) == pairs(found.table["low"], found.table["high"])
    short = trends.agreement({"one": series({2010 + k: 10.0 for k in range(5)})}).plot()
    assert [text.get_text() for text in axes_of(short).texts] == ["no estimate", "no estimate"]
