"""A figure that says persons does not draw shares."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused

from analysis import areas, plots
from analysis.plots.counted import require_counts

FRAME = {"title": "A title", "footer": plots.Footer("made for a test", "2020", "a few rows", "Not real.")}


@pytest.mark.parametrize("label", ["persons", "Persons", "victims", "detected victims", "children"])
@pytest.mark.parametrize(("column", "numbers"), [("share_low", [3, 4]), ("low", [0.1, 1.0]), ("value", [0.5, np.nan])])
def test_a_column_of_shares_is_refused_where_persons_are_counted(label, column, numbers):
    table = pd.DataFrame({"persons": [3, 4], column: numbers})
    with refused(ValueError, "share_as_count", f"'{column}'", "'persons', which the table has"):
        require_counts(table, [column], label)


@pytest.mark.parametrize("label", ["share of persons", "persons per 100,000", "percent of victims", "mentions", ""])
def test_a_figure_that_does_not_say_persons_draws_shares(label):
    require_counts(pd.DataFrame({"share": [0.1, 0.2]}), ["share"], label)


def test_a_person_shared_out_among_several_journeys_is_still_counted():
    require_counts(pd.DataFrame({"persons": [0.5, 0.5]}), ["persons", "not_there"], "persons")


@given(st.lists(st.integers(0, 50), min_size=1), st.booleans())
def test_whole_numbers_are_counts_whatever_they_are(counts, as_text):
    column = [str(each) for each in counts] if as_text else counts
    require_counts(pd.DataFrame({"low": column}), ["low"], "persons")


def test_bars_bands_and_maps_refuse_shares_as_persons():
    shares = pd.DataFrame({"label": ["A", "B"], "value": [0.2, 0.8], "source": ["A", "B"], "target": ["C", "C"]})
    with refused(ValueError, "share_as_count"):
        plots.bars(shares, xlabel="persons", **FRAME)
    with refused(ValueError, "share_as_count"):
        plots.sankey(shares, count="value", **FRAME)
    shapes = areas.boundaries("cabo_verde").assign(share_of_children=0.5)
    with refused(ValueError, "share_as_count"):
        plots.choropleth(shapes, value="share_of_children", legend_label="persons", **FRAME)
    # The same columns are drawn as what they are.
    plots.bars(shares, xlabel="share of 10 persons", percent=True, **FRAME)
    plots.sankey(shares, count="value", unit="share of persons", **FRAME)
    plots.choropleth(shapes, value="share_of_children", legend_label="share of children", **FRAME)
