"""Monitoring: a baseline is read as it was frozen, and a change is said to be one only where the data carry it."""

import datetime
import io
import math

import numpy as np
import pandas as pd
import pytest
import yaml
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refused
from scipy import stats

from analysis import monitoring
from analysis.findings.finding import ADDED, COLUMNS, FindingError, as_table
from analysis.findings.measures import MEASURES, Measure
from analysis.monitoring import BaselineError, Limits, changes

DAY = datetime.date(2026, 1, 31)
LEVELS = {0: "none", 1: "low", 2: "medium", 3: "high"}


def _measure(name: str, unit: str, better: str = "", levels: dict | None = None) -> Measure:
    words = {level: {"en": said} for level, said in (levels or {}).items()}
    items = {item: {"en": f"item {item}"} for item in ("a", "b", "c")}
    return Measure(name, "incidence", unit, 1, {"en": f"title of {name}"}, {"en": "{value}"}, items, words, better)


OWN = (
    _measure("t_persons", "persons"),
    _measure("t_share", "percent", "low"),
    _measure("t_ratio", "ratio"),
    _measure("t_score", "score", "high"),
    _measure("t_indicators", "indicators"),
    _measure("gap", "level", "low", LEVELS),
)


@pytest.fixture(autouse=True, scope="module")
def _measures():
    with pytest.MonkeyPatch.context() as patch:
        for measure in OWN:
            patch.setitem(MEASURES, measure.name, measure)
        yield


def row(measure: str = "t_persons", value: float | None = None, low=None, high=None, area: str = "SEN", **said) -> dict:
    """A row of the table of findings, exact and of 2020 unless it says otherwise."""
    item = said.get("item", "a")
    found = dict.fromkeys(COLUMNS, "") | {
        "finding_id": f"{area}/{measure}.{item}",
        "study": "west_africa",
        "area_id": area,
        "analysis": "incidence",
        "measure": measure,
        "item": item,
        "period": "2020",
        "value": value,
        "low": value if low is None else low,
        "high": value if high is None else high,
        "interval": "exact",
        "unit": {m.name: m.unit for m in OWN}[measure],
        "n": None,
        "method": "Read in a report (Somebody, 2020).",
        "limits": "Not all.",
        "kind": "public",
        "release_class": "public",
        "status": "known",
    }
    return found | said


def share(value: float, low: float, high: float) -> dict:
    """A share of a sample, in per cent, with its 95 % limits."""
    return row("t_share", value, low, high, interval="confidence")


def score(low: float, high: float) -> dict:
    """A score of which bounds are known."""
    return row("t_score", low=low, high=high, interval="bounds")


def table(*rows: dict) -> pd.DataFrame:
    return as_table(list(rows))


def change(then: dict, now: dict) -> dict:
    """The one row that comes of two."""
    found = changes(table(then), table(now))
    assert len(found) == 1
    return found.iloc[0].to_dict()


# Limits of differences and ratios.


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        # Newcombe (1998), table II, method 10, all eight examples: score limits of each share, put together.
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_limits_of_a_difference_of_shares_are_those_of_newcombe(first, second, low, high):
    found = monitoring.difference(_wilson(*second), _wilson(*first))
    assert found == pytest.approx((low, high), abs=5e-5)


def _wilson(part: int, whole: int) -> Limits:
    """Wilson (1927), written out."""
    z, share = 1.959964, part / whole
    middle, half = share + z**2 / (2 * whole), z * math.sqrt(share * (1 - share) / whole + z**2 / (4 * whole**2))
    return Limits(share, (middle - half) / (1 + z**2 / whole), (middle + half) / (1 + z**2 / whole))


def test_limits_of_a_ratio_of_relative_risks_are_those_of_altman_and_bland():
    # Altman and Bland (2003), BMJ 326, 219: 0.67 (0.46 to 0.98) beside 0.88 (0.71 to 1.08) is 0.76 (0.49 to 1.17).
    low, high = monitoring.ratio(Limits(0.88, 0.71, 1.08), Limits(0.67, 0.46, 0.98))
    assert (low, high) == pytest.approx((0.49, 1.17), abs=0.01)


@pytest.mark.parametrize("means", [(3, 3), (10, 10), (20, 20), (10, 30), (20, 40)])
def test_limits_for_independent_poisson_counts_hold_the_true_difference_and_ratio(means):
    """By all pairs of counts and their probabilities: no simulation."""
    first, second = (np.arange(int(mean + 6 * math.sqrt(mean) + 10)) for mean in means)
    weights = np.outer(*(stats.poisson.pmf(k, mean) for k, mean in zip((first, second), means, strict=True)))
    limits = {count: monitoring.of_count(count) for count in range(max(len(first), len(second)))}
    pairs = [(limits[a], limits[b]) for a in first.tolist() for b in second.tolist()]
    difference = [low <= means[1] - means[0] <= high for low, high in (monitoring.difference(*pair) for pair in pairs)]
    ratios = [monitoring.ratio(*pair) for pair in pairs]
    held = [ratio is None or ratio[0] <= means[1] / means[0] <= ratio[1] for ratio in ratios]
    for holds in (difference, held):
        coverage = float((weights.ravel() * holds).sum())
        assert 0.95 <= coverage <= 0.99


def test_there_is_no_ratio_to_or_of_what_can_be_zero():
    assert monitoring.ratio(monitoring.of_count(0), monitoring.of_count(5)) is None
    assert monitoring.ratio(monitoring.of_count(5), monitoring.of_count(0)) is None


# What is said of a change.


@pytest.mark.parametrize(
    ("then", "now", "kind"),
    [
        # Poisson limits of 20: 12.2 to 30.9; of 34: 23.5 to 47.5; of 60: 45.8 to 77.2.
        (row(value=20), row(value=34, period="2021"), monitoring.WITHIN),
        (row(value=20), row(value=60, period="2021"), monitoring.BEYOND),
        (row(value=0), row(value=3, period="2021"), monitoring.WITHIN),
        (row(value=0), row(value=9, period="2021"), monitoring.BEYOND),
        # Printed figures: at least 12 need not be more than 10, and at least 40 is more than 10 by any count.
        (row(value=10), row(low=12, high=math.inf, interval="figure"), monitoring.WITHIN),
        (row(value=10), row(low=40, high=math.inf, interval="figure"), monitoring.BEYOND),
        (row(low=0, high=4, interval="figure"), row(low=0, high=30, interval="figure"), monitoring.WITHIN),
        # Shares with 95 % limits: 10 (8 to 12) and 16 (13 to 19) differ by 6 (2.4 to 9.6), 10 and 13 by 3 (-0.6 to 7).
        (share(10, 8, 12), share(16, 13, 19), monitoring.BEYOND),
        (share(10, 8, 12), share(13, 10, 16), monitoring.WITHIN),
        # Limits that overlap can differ all the same: the root of 2.5² + 2² is 3.2, less than 4.
        (share(10, 8, 12), share(14, 11.5, 16.5), monitoring.BEYOND),
        # Bounds and ranges have to lie apart.
        (score(1, 2), score(1.9, 3), monitoring.WITHIN),
        (score(1, 2), score(2.1, 3), monitoring.BEYOND),
        (row(low=100, high=200, interval="range"), row(low=201, high=900, interval="range"), monitoring.BEYOND),
        (row(low=100, high=200, interval="range"), row(low=150, high=900, interval="range"), monitoring.WITHIN),
        # Nobody knows how far a bare share is off, nor a bare count of indicators.
        (row("t_share", 10), row("t_share", 11), monitoring.NO_UNCERTAINTY),
        (row("t_indicators", 10), row("t_indicators", 11), monitoring.NO_UNCERTAINTY),
        (row("t_share", 10), share(11, 9, 13), monitoring.WITHIN),
        (row("t_share", 10), share(19, 16, 22), monitoring.NO_UNCERTAINTY),
        (row("t_indicators", 3), row("t_indicators", low=4, high=6, interval="bounds"), monitoring.BEYOND),
        # A person and a half is no count.
        (row(value=10.5), row(value=12.5), monitoring.NO_UNCERTAINTY),
        (row(value=7), row(value=7, period="2021"), monitoring.UNCHANGED),
    ],
)
def test_a_change_is_said_to_be_one_only_beyond_what_is_not_known(then, now, kind):
    found = change(then, now)
    assert found["change"] == kind


def test_the_difference_and_ratio_of_two_counts_have_limits():
    found = change(row(value=20), row(value=60, period="2021"))
    # By hand: 40 less the root of (60 - 45.786)² + (30.888 - 20)², and more by that of (77.232 - 60)² + (20 - 12.217)².
    assert (found["difference"], found["difference_low"], found["difference_high"]) == pytest.approx(
        (40, 40 - 17.905, 40 + 18.908), abs=0.01
    )
    # exp(ln 3 ∓ roots of the same distances of logarithms).
    lower = math.log(3) - math.hypot(math.log(60 / 45.786), math.log(30.888 / 20))
    upper = math.log(3) + math.hypot(math.log(77.232 / 60), math.log(20 / 12.217))
    assert (found["ratio"], found["ratio_low"], found["ratio_high"]) == pytest.approx(
        (3, math.exp(lower), math.exp(upper)), rel=1e-3
    )
    assert "positively" in found["why"] and "in groups" in found["why"]


def test_a_ratio_is_compared_as_a_ratio():
    found = change(
        row("t_ratio", 0.88, 0.71, 1.08, interval="confidence"), row("t_ratio", 0.67, 0.46, 0.98, interval="confidence")
    )
    assert found["change"] == monitoring.WITHIN
    assert (found["ratio"], found["ratio_low"], found["ratio_high"]) == pytest.approx((0.76, 0.49, 1.17), abs=0.01)


@pytest.mark.parametrize(
    ("then", "now", "direction"),
    [
        (0, 2, "gap opened"),
        (2, 0, "gap closed"),
        (1, 3, "graver"),
        (3, 1, "less grave"),
    ],
)
def test_gaps_open_close_and_become_graver(then, now, direction):
    found = change(row("gap", then), row("gap", now, period="2021"))
    assert found["direction"] == direction and found["change"] == monitoring.NO_UNCERTAINTY


def test_better_and_worse_are_said_only_where_the_measure_knows_them():
    assert change(row("t_share", 10), row("t_share", 20))["direction"] == "more: worse"
    assert change(row("t_score", 1), row("t_score", 2))["direction"] == "more: better"
    assert change(row("t_indicators", 2), row("t_indicators", 1))["direction"] == "less"


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"kind": "synthetic", "release_class": "protected"}, "synthetic data"),
        ({"unit": "per_100000"}, "Another unit"),
        ({"method": "Counted otherwise (Somebody, 2021)."}, "Another method"),
    ],
)
def test_what_is_not_the_same_thing_is_not_compared(other, why):
    found = change(row(value=10), row(value=90, **other))
    assert found["change"] == monitoring.NOT_COMPARABLE and why in found["why"]
    assert math.isnan(found["difference"]) and math.isnan(found["ratio"])


@pytest.mark.parametrize(
    ("then", "now", "same"),
    [
        ("Read in the release of 2023 (UNODC).", "Read in the release of 2024 (UNODC).", True),
        ("Register, by rule. Nothing is missing.", "Register, by rule. No plan was adopted; high: absent.", True),
        ("Logistic regression (Rao et al., 1992).", "Penalised likelihood (Firth, 1993).", False),
        # Who is counted is no number of a run.
        ("As published, of children aged 6-17.", "As published, of children aged 15-17.", False),
    ],
)
def test_a_method_is_its_first_sentence_without_the_years_of_its_sources(then, now, same):
    found = change(row("gap", 1, method=then), row("gap", 2, period="2021", method=now))
    assert found["change"] == (monitoring.NO_UNCERTAINTY if same else monitoring.NOT_COMPARABLE)


def test_synthetic_data_are_never_the_beginning_or_the_end_of_a_real_change():
    synthetic = row(status="refused", why="Too few.", kind="synthetic", release_class="protected")
    assert change(synthetic, row(value=3))["change"] == monitoring.NOT_COMPARABLE
    assert change(row(value=3), synthetic)["change"] == monitoring.NOT_COMPARABLE


@pytest.mark.parametrize(
    "other",
    [
        {"title": "detected victims, with those who were presumed"},
        {"items": {"a": "another source"}},
        {"unit": "reports"},
    ],
)
def test_a_measure_that_meant_something_else_is_not_compared(other):
    then, now = table(row(value=10), row("gap", 1)), table(row(value=90), row("gap", 1))
    meant = monitoring.definitions(then)
    assert set(changes(then, now, meant)["change"]) == {monitoring.BEYOND, monitoring.UNCHANGED}
    meant["t_persons"] |= other
    found = changes(then, now, meant).set_index("measure")["change"]
    assert found.to_dict() == {"t_persons": monitoring.NOT_COMPARABLE, "gap": monitoring.UNCHANGED}


def test_levels_that_have_other_words_are_not_compared_and_other_signs_are_no_other_words():
    then, now = table(row("gap", 1)), table(row("gap", 2))
    meant = monitoring.definitions(then)
    meant["gap"]["title"] = "Title of  gap."
    assert changes(then, now, meant)["change"].tolist() == [monitoring.NO_UNCERTAINTY]
    meant["gap"]["levels"] = {0: "high", 1: "medium", 2: "low", 3: "none"}
    assert changes(then, now, meant)["change"].tolist() == [monitoring.NOT_COMPARABLE]


def test_a_figure_of_the_same_period_that_changed_is_a_revision():
    revised = change(row(value=20), row(value=60))
    later = change(row(value=20), row(value=60, period="2021"))
    assert revised["revision"] and "revision" in revised["why"]
    assert not later["revision"] and "revision" not in later["why"]
    undated = change(row(value=20, period=""), row(value=60, period=""))
    assert not undated["revision"] and "cannot be told apart" in undated["why"]


def test_periods_that_share_years_or_run_backwards_are_said():
    overlap = change(row(value=20, period="2014/2022"), row(value=60, period="2015/2023"))
    assert "overlap" in overlap["why"]
    assert "earlier period" in change(row(value=20, period="2021"), row(value=60, period="2020-05"))["why"]
    apart = change(row(value=20, period="2020"), row(value=60, period="2021-01/2021-06"))
    assert "overlap" not in apart["why"]


def test_what_is_known_can_change_without_the_world():
    unknown = {"status": "withheld", "why": "Too few persons."}
    assert change(row(**unknown), row(value=3))["change"] == monitoring.NEWLY_KNOWN
    assert change(row(value=3), row(**unknown))["change"] == monitoring.NO_LONGER_KNOWN
    still = change(row(**unknown), row(status="refused", why="No list."))
    assert still["change"] == monitoring.UNCHANGED and "Too few persons" in still["why"] and "No list" in still["why"]


def test_each_finding_of_either_table_has_one_row():
    found = changes(table(row(value=1), row(value=2, area="NGA")), table(row(value=1), row(value=5, area="GHA")))
    assert found.set_index("area_id")["change"].to_dict() == {"GHA": "new", "NGA": "gone", "SEN": "unchanged"}
    assert list(found.columns) == list(monitoring.CHANGES) and set(found["change"]) <= set(monitoring.KINDS_OF_CHANGE)
    empty = changes(table(), table())
    assert empty.empty and list(empty.columns) == list(monitoring.CHANGES)


def test_a_finding_that_stands_twice_is_refused():
    twice = pd.concat([table(row(value=1))] * 2)
    with refused(FindingError, "duplicate_key"):
        changes(table(row(value=1)), twice)


# What holds for all tables.

_NUMBER = st.one_of(st.integers(0, 2000).map(float), st.floats(0, 1000).map(lambda x: float(f"{x:.6g}")))


@st.composite
def _rows(draw, areas=("SEN", "NGA", "GHA")):
    rows = []
    for area in draw(st.lists(st.sampled_from(areas), unique=True)):
        measure = draw(st.sampled_from(["t_persons", "t_share", "t_ratio", "gap"]))
        known = draw(st.booleans())
        found: dict = {"period": draw(st.sampled_from(["2019", "2020", "2019/2021", ""]))}
        if not known:
            found |= {"status": "not reported", "why": "Nobody says."}
        elif measure == "gap":
            found |= {"value": float(draw(st.integers(0, 3)))}
        else:
            low, value, high = sorted(draw(_NUMBER) for _ in range(3))
            interval = draw(st.sampled_from(["exact", "figure", "bounds", "confidence", "range"]))
            high = math.inf if interval != "exact" and draw(st.booleans()) else high
            found |= {"interval": interval, "value": None if interval == "bounds" else value}
            found |= {"low": value, "high": value} if interval == "exact" else {"low": low, "high": high}
        rows.append(row(measure, area=area, **found))
    return table(*rows)


@pytest.mark.slow
@settings(max_examples=examples(30))
@given(_rows())
def test_a_table_has_not_changed_since_itself(found):
    compare = changes(found, found)
    assert set(compare["change"]) <= {monitoring.UNCHANGED} and len(compare) == len(found)
    assert not compare["revision"].any() and (compare["direction"] == "").all()


@pytest.mark.slow
@settings(max_examples=examples(16))
@given(_rows(), _rows())
def test_a_change_read_backwards_is_its_mirror(then, now):
    there, back = changes(then, now), changes(now, then)
    mirrored = {
        monitoring.NEW: monitoring.GONE,
        monitoring.GONE: monitoring.NEW,
        monitoring.NEWLY_KNOWN: monitoring.NO_LONGER_KNOWN,
        monitoring.NO_LONGER_KNOWN: monitoring.NEWLY_KNOWN,
    }
    assert there["change"].replace(mirrored).tolist() == back["change"].tolist()
    for one, other in (("difference", "difference"), ("difference_low", "difference_high")):
        np.testing.assert_allclose(there[one], -back[other], rtol=1e-9, atol=1e-9)
    for one, other in (("ratio", "ratio"), ("ratio_low", "ratio_high")):
        # Of nothing infinitely much, and the other way round.
        np.testing.assert_allclose(there[one], 1 / back[other], rtol=1e-6, atol=1e-300)


@pytest.mark.slow
@settings(max_examples=examples(13))
@given(_rows(), _rows(), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_of_columns_does_not_matter(then, now, random):
    def shuffled(found):
        order, columns = list(range(len(found))), list(found.columns)
        random.shuffle(order)
        random.shuffle(columns)
        return found.iloc[order][columns]

    pd.testing.assert_frame_equal(changes(then, now), changes(shuffled(then), shuffled(now)))


@pytest.mark.slow
@settings(max_examples=examples(30))
@given(_rows(), _rows())
def test_nothing_is_beyond_uncertainty_while_its_own_bounds_or_limits_hold_no_change(then, now):
    found = changes(then, now)
    beyond = found[found["change"] == monitoring.BEYOND]
    assert ((beyond["difference_low"] > 0) | (beyond["difference_high"] < 0)).all()
    assert not ((beyond["ratio_low"] <= 1) & (beyond["ratio_high"] >= 1)).any()
    bounded = beyond[~beyond["interval_then"].eq("confidence") & ~beyond["interval_now"].eq("confidence")]
    apart = (bounded["low_now"] > bounded["high_then"]) | (bounded["high_now"] < bounded["low_then"])
    assert apart.all()


@pytest.mark.slow
@settings(max_examples=examples(26))
@given(st.floats(0, 50), st.floats(0, 50), st.floats(0, 50), st.floats(0, 50))
def test_bounds_that_lie_apart_and_only_those_are_a_change(a, b, c, d):
    (low, high), (start, end) = sorted((a, b)), sorted((c, d))
    found = change(score(low, high), score(start, end))
    if (low, high) == (start, end):
        assert found["change"] == monitoring.UNCHANGED
    else:
        assert (found["change"] == monitoring.BEYOND) == (start > high or end < low)


# Levels of limits.


def test_limits_of_two_levels_are_not_compared_as_if_they_were_of_one():
    then, now = share(10, 8, 12), share(20, 18, 22) | {"confidence": 0.9}
    # A finding of an earlier version states no level: its limits are 95 % limits.
    found = change(then, now)
    assert found["change"] == monitoring.NOT_COMPARABLE and "95 % then, 90 % now" in found["why"]
    found = change(then | {"confidence": 0.95}, now | {"confidence": 0.95})
    assert (found["change"], found["rule"]) == (monitoring.BEYOND, "95 % limits")
    assert "One comparison in twenty" in found["why"]


def test_of_another_level_rule_and_caution_name_it_and_a_count_has_limits_at_that_level():
    level = {"confidence": 0.9}
    found = change(share(10, 8, 12) | level, share(20, 18, 22) | level)
    assert found["rule"] == "90 % limits" and "One comparison in ten is beyond 90 % limits" in found["why"]
    estimated = row(value=40, low=30, high=50, interval="confidence") | level
    found = change(estimated, row(value=100))
    low, high = stats.chi2.ppf(0.05, 200) / 2, stats.chi2.ppf(0.95, 202) / 2
    expected = (60 - math.hypot(100 - low, 10), 60 + math.hypot(high - 100, 10))
    assert (found["difference_low"], found["difference_high"]) == pytest.approx(expected)


# Baselines.


def _frozen(tmp_path, found: pd.DataFrame, name: str = "first_2026"):
    folder = tmp_path / name
    monitoring.keep(monitoring.freeze(found, name, DAY), folder)
    return folder


def _mixed() -> pd.DataFrame:
    return table(
        row(low=12, high=math.inf, interval="figure", n=None, item="a"),
        row(value=0.1 + 0.2, n=7, item="b", method="=1+1; \"quoted\",\r\nand 'more'", limits="NA"),
        row(status="withheld", why="nan", item="c"),
        row("t_share", 1e-7, n=0, area="NGA", limits="Şanlıurfa"),
    )


def test_a_baseline_is_read_as_it_was_frozen(tmp_path):
    found = _mixed()
    read = monitoring.read(_frozen(tmp_path, found))
    pd.testing.assert_frame_equal(read.table, found, check_exact=True)
    assert read.name == "first_2026" and read.day == DAY and str(read.table["n"].dtype) == "Int64"
    assert set(changes(read.table, found, read.definitions)["change"]) == {monitoring.UNCHANGED}


def test_a_baseline_that_a_spreadsheet_opens_runs_nothing():
    content = monitoring.freeze(_mixed(), "a", DAY)["findings.csv"]
    assert b",\"'=1+1;" in content and b",=1+1" not in content and b'"=1+1' not in content


@pytest.mark.slow
@settings(max_examples=examples(20))
@given(st.text(alphabet="=+-'\"\r\n,; \u200bNAan1\u015f", max_size=9), st.floats(allow_nan=False), st.booleans())
def test_no_text_and_no_number_is_another_after_a_baseline(text, value, counted):
    found = table(row(value=value, method=text, n=3 if counted else None))
    content = monitoring.freeze(found, "a", DAY)["findings.csv"]
    pd.testing.assert_frame_equal(monitoring.from_csv(content), found, check_exact=True)
    # A baseline of an earlier version, which called the release class a gate.
    earlier = content.replace(b"release_class", b"gate", 1)
    pd.testing.assert_frame_equal(monitoring.from_csv(earlier), found, check_exact=True)


def test_a_baseline_of_before_findings_named_their_exhibits_can_be_read_and_compared():
    found = table(row(value=1, low=0.5, high=2, interval="confidence"))
    cells = pd.read_csv(io.BytesIO(monitoring.freeze(found, "a", DAY)["findings.csv"]), dtype=str)
    earlier = monitoring.from_csv(cells.drop(columns=[*ADDED]).to_csv(index=False).encode())
    assert earlier["confidence"].isna().all() and earlier["exhibit"].eq("").all()
    [change] = monitoring.changes(earlier, found)["change"]
    assert change == monitoring.UNCHANGED
    with pytest.raises(monitoring.BaselineError, match="has others"):
        monitoring.from_csv(cells.drop(columns="exhibit").to_csv(index=False).encode())


def test_a_baseline_says_what_it_holds(tmp_path):
    found = table(row(value=1), row(value=2, area="NGA", kind="synthetic", release_class="protected"))
    files = monitoring.freeze(found, "with-invented", DAY)
    said = yaml.safe_load(files["baseline.yml"])
    assert sorted(files) == ["baseline.yml", "findings_SYNTHETIC.csv"]
    assert said["kinds"] == {"public": 1, "synthetic": 1} and said["findings"] == 2 and said["day"] == "2026-01-31"
    assert said["measures"]["t_persons"] == {"unit": "persons", "title": "title of t_persons", "items": {"a": "item a"}}
    assert files == monitoring.freeze(found.iloc[::-1], "with-invented", DAY)


@pytest.mark.parametrize("name", ["", "First", "a b", "../a", "a/b", "ä", "a\n"])
def test_a_baseline_has_a_plain_name(name):
    with refused(BaselineError, "invalid_id"):
        monitoring.freeze(table(row(value=1)), name, DAY)


def test_a_baseline_is_never_overwritten(tmp_path):
    folder = _frozen(tmp_path, table(row(value=1)))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with refused(BaselineError, "already_exists"):
        monitoring.keep(monitoring.freeze(table(row(value=2)), folder.name, DAY), folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_a_baseline_that_was_changed_or_is_not_there_is_refused(tmp_path):
    folder = _frozen(tmp_path, table(row(value=1)))
    with refused(BaselineError, "unknown_baseline", "'other'"):
        monitoring.read(tmp_path / "other")
    csv = folder / "findings.csv"
    csv.write_bytes(csv.read_bytes().replace(b"2020", b"2021"))
    with refused(BaselineError, "digest_changed"):
        monitoring.read(folder)
    csv.unlink()
    with refused(BaselineError, "missing_file", "findings.csv"):
        monitoring.read(folder)
    (folder / "baseline.yml").write_text("name: first_2026\n", encoding="utf-8")
    with refused(BaselineError, "missing_field"):
        monitoring.read(folder)
    (folder / "baseline.yml").write_text("name: [", encoding="utf-8")
    with refused(BaselineError, "unreadable_file"):
        monitoring.read(folder)


def test_a_description_leads_to_no_file_elsewhere(tmp_path):
    folder = _frozen(tmp_path, table(row(value=1)))
    (tmp_path / "findings.csv").write_bytes((folder / "findings.csv").read_bytes())
    path = folder / "baseline.yml"
    path.write_text(path.read_text("utf-8").replace("file: findings.csv", "file: ../findings.csv"), encoding="utf-8")
    with refused(BaselineError, "missing_file"):
        monitoring.read(folder)


def test_nothing_is_no_baseline():
    with refused(BaselineError, "no_findings"):
        monitoring.freeze(table(), "a", DAY)
