"""Days to the referral: bounds, the likeliest distribution, limits, what is left out, simulated delays found again."""

import datetime
import re
from functools import cache

import numpy as np
import pandas as pd
import pytest
from figure_texts import faults, words
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import codes, refused, warned
from row_marks import bars, estimates, points

from analysis import areas, catalog
from analysis.cases.intake import intake
from analysis.exhibits import time_to_referral as exhibit_of
from analysis.exhibits.exhibit import ESTIMATE, INTERNAL
from analysis.plots import style
from analysis.referral import time_to_referral as interval_censored
from analysis.referral.time_to_referral import TooFewPersons, days_by_person, time_to_referral
from tools.synthetic.case_records.lists import REFERRED_WITHIN

FOOTER = style.Footer("a test", "2020", "12 persons", "Detected, not incidence.")
DATES = ["date", "referred_in", "referred_out"]
START = pd.Timestamp("2020-01-01")

# Breast cosmesis of Finkelstein and Wolfe (1985), table 4: months, (left, right]; 100 for never seen.
RADIOTHERAPY = """45 100 6 10 0 7 46 100 46 100 7 16 17 100 7 14 37 44 0 8 4 11 15 100 11 15 22 100 46 100 46 100 25 37
46 100 26 40 46 100 27 34 36 44 46 100 36 48 37 100 40 100 17 25 46 100 11 18 38 100 5 12 37 100 0 5 18 100 24 100
36 100 5 11 19 35 17 25 24 100 32 100 33 100 19 26 37 100 34 100 36 100"""
WITH_CHEMOTHERAPY = """8 12 0 22 24 31 17 27 17 23 24 30 16 24 13 100 11 13 16 20 18 25 17 26 32 100 23 100 44 48 14 17
0 5 5 8 12 20 11 100 33 40 31 100 13 39 19 32 34 100 13 100 16 24 35 100 15 22 11 17 22 32 10 35 30 34 13 100 10 17
8 21 4 9 11 100 14 19 4 8 34 100 30 36 18 24 16 60 35 39 21 100 11 20 48 100"""


@pytest.mark.parametrize(
    ("data", "n", "masses"),
    [
        # Fay and Shaw (2010), Journal of Statistical Software 36(2), section 4.1: summary(icfit(...)) of R's interval.
        # R 4.5.0, survival 3.8-3, survfit(Surv(left, right, type = "interval2") ~ 1) agrees to 0.0004.
        (
            RADIOTHERAPY,
            46,
            [(4, 5, 0.0463), (6, 7, 0.0334), (7, 8, 0.0887), (11, 12, 0.0708), (24, 25, 0.0926), (33, 34, 0.0818),
             (38, 40, 0.1209), (46, 48, 0.4656)],
        ),
        (
            WITH_CHEMOTHERAPY,
            48,
            [(4, 5, 0.0433), (5, 8, 0.0433), (11, 12, 0.0692), (16, 17, 0.1454), (18, 19, 0.1411), (19, 20, 0.1157),
             (24, 25, 0.0999), (30, 31, 0.0709), (35, 36, 0.1608), (44, 48, 0.0552), (48, 60, 0.0552)],
        ),
    ],
)  # fmt: skip
def test_the_likeliest_distribution_is_that_of_r(data, n, masses):
    left, right = np.array(data.split(), float).reshape(-1, 2).T
    assert len(left) == n
    # In whole months, after L and up to R is from L + 1 to R.
    found = interval_censored.npmle(left + 1, np.where(right == 100, np.inf, right))
    assert (found["low"] - 1).tolist() == [low for low, _, _ in masses]
    assert found["high"].tolist() == [high for _, high, _ in masses]
    assert found["share"].to_numpy() == pytest.approx([share for _, _, share in masses], abs=5e-5)


def test_exact_times_with_some_still_open_give_kaplan_and_meier():
    # 1, 2+, 3, 4+, 5 by hand: S = 4/5, then 4/5 * 2/3, then 0.
    low, high = np.array([1.0, 3, 3, 5, 5]), np.array([1, np.inf, 3, np.inf, 5])
    found = interval_censored.npmle(low, high)
    assert found["low"].tolist() == [1, 3, 5]
    assert found["share"].tolist() == pytest.approx([1 / 5, 4 / 15, 8 / 15])


def test_the_limits_are_those_of_the_order_statistics():
    # The tables of the sign test: of 10 values the 2nd and the 9th enclose the median at 95 %, of 20 the 6th and 15th.
    ten, twenty = np.arange(1.0, 11), np.arange(1.0, 21)
    assert interval_censored.limits_of_quantile(ten, ten, 0.5, 0.95) == (2, 9)
    assert interval_censored.limits_of_quantile(twenty, twenty + 3, 0.5, 0.95) == (6, 18)
    # Of five nothing encloses the median at 95 %.
    five = np.arange(1.0, 6)
    assert interval_censored.limits_of_quantile(five, five, 0.5, 0.95) == (0, np.inf)


def test_the_limits_hold_as_often_as_they_say():
    rng, held = np.random.default_rng(7), 0
    for _ in range(400):
        days = rng.geometric(0.1, 30).astype(float)  # median 7: 1 - 0.9 ** 7 = 0.52
        blur = rng.integers(0, 2, 30) * rng.integers(0, 8, 30)
        low, high = interval_censored.limits_of_quantile(np.maximum(days - blur, 0), days + blur, 0.5, 0.95)
        held += low <= 7 <= high
    assert held / 400 >= 0.95


@pytest.mark.parametrize(("low", "high"), [([], []), ([2.0], [1.0]), ([-1.0], [1.0]), ([np.nan], [1.0]), ([1.0], [])])
def test_times_that_are_none_are_refused(low, high):
    with pytest.raises(ValueError, match=r"Bounds of|bounds are"):
        interval_censored.npmle(np.array(low), np.array(high))


def day(number):
    return pd.NaT if number is None else START + pd.Timedelta(days=number)


def records(*rows):
    """Records as (person, list, detected, referred in, referred out), days as numbers, intervals as pairs."""
    table = []
    for number, (person, name, *dates) in enumerate(rows):
        row = {"record_id": f"r{number:03d}", "person_id": person, "list_id": name}
        for what, date in zip(DATES, dates, strict=True):
            low, high = date if isinstance(date, tuple) else (date, date)
            row |= {f"{what}_low": day(low), f"{what}_high": day(high)}
        table.append(row)
    columns = ["record_id", "person_id", "list_id", *(f"{what}_{end}" for what in DATES for end in ("low", "high"))]
    return pd.DataFrame(table, columns=columns).astype(dict.fromkeys(columns[3:], "datetime64[ns]"))


def of(*rows, **rules):
    return days_by_person(records(*rows), **rules).set_index("person")


def test_the_first_contact_is_the_earliest_on_any_list():
    found = of(("a", "police", 10, None, 14), ("a", "hotline", 3, None, None), ("a", "shelter", 14, 14, None))
    assert found.loc["a", ["days_low", "days_high", "state"]].tolist() == [11, 11, "dated"]
    sender = of(("a", "police", 10, None, 14), ("a", "hotline", 3, None, None), contact="sender")
    assert sender.loc["a", ["days_low", "days_high"]].tolist() == [4, 4]


def test_a_list_that_a_person_was_referred_to_is_no_first_contact():
    found = of(
        ("a", "shelter", 14, 14, None),
        ("b", "shelter", 2, 14, None),  # known to the shelter before
        ("c", "shelter", (0, 30), 14, None),
        ("d", "police", None, None, 9),
    )
    assert found["state"].to_dict() == {"a": "no_contact", "b": "dated", "c": "no_contact", "d": "no_contact"}
    assert found.loc["b", "days_low"] == 12


def test_days_are_intervals_where_dates_are():
    found = of(("a", "police", (0, 30), None, (20, 50)), ("b", "police", (0, 4), None, (6, 9)))
    assert found.loc["a", ["days_low", "days_high"]].tolist() == [0, 50]
    assert found.loc["b", ["days_low", "days_high"]].tolist() == [2, 9]


def test_a_referral_before_the_contact_is_a_mistake_and_left_out():
    found = of(("a", "police", 10, None, 8), ("b", "police", (5, 10), None, 8))
    assert found["state"].to_dict() == {"a": "reversed", "b": "dated"}
    assert found.loc["b", ["days_low", "days_high"]].tolist() == [0, 3]


def test_no_date_of_referral_is_unknown():
    rows = (("a", "police", 10, None, None), ("b", "hotline", 10, None, None), ("c", "police", (300, 330), None, None))
    assert (of(*rows)["state"] == "no_referral").all()


def test_a_record_that_was_not_linked_is_a_person_of_its_own():
    found = of(("", "police", 1, None, 2), ("", "police", 1, None, 3))
    assert found["days_low"].tolist() == [1, 2]


def lags(days, name="police", person=""):
    return [(f"{person}{number:03d}", name, number, None, number + lag) for number, lag in enumerate(days)]


def test_quartiles_and_median_are_the_least_days_that_reach_the_share():
    found = time_to_referral(records(*lags(range(1, 13))))
    assert found.table["low"].tolist() == found.table["high"].tolist() == [3, 6, 9]
    assert found.table[["estimate_low", "estimate_high"]].to_numpy().tolist() == [[3, 3], [6, 6], [9, 9]]


def test_fewer_than_ten_persons_are_refused_and_groups_of_fewer_are_named():
    with refused(TooFewPersons, "too_few_persons", "9", "10"):
        time_to_referral(records(*lags(range(9))))
    found = time_to_referral(records(*lags(range(10)), *lags(range(3), "ngo", "n")), by="list_id")
    table = found.table[found.table["share"] == 0.5].set_index("group")
    assert table.loc["ngo", "reason"] == "3 persons with both dates: at least 10 are needed"
    assert np.isnan(table.loc["ngo", "low"])
    assert table.loc["police", ["low", "dated"]].tolist() == [4, 10]


def test_what_is_left_out_is_counted_and_said():
    rows = [*lags(range(12)), ("x", "police", 1, None, None), ("y", "police", 9, None, 1), ("z", "shelter", 3, 3, None)]
    found = time_to_referral(records(*rows, ("w", "police", 395, None, 396)), exported=day(400), recent=30)
    (counted,) = found.table.drop_duplicates("group").to_dict("records")
    names = ("persons", "dated", "no_referral", "no_contact", "reversed", "recent")
    assert [counted[name] for name in names] == [16, 12, 1, 1, 1, 1]
    assert codes(found.warnings) == ["referral_unknown", "contact_unknown", "dates_reversed", "short_follow_up"]
    assert warned(found.warnings, "short_follow_up", "30 days", ": 1.")


def test_arguments_that_say_nothing_are_refused():
    table = records(*lags(range(12)))
    with refused(ValueError, "unknown_choice"):
        time_to_referral(table, contact="last")
    with refused(ValueError, "missing_export_date"):
        time_to_referral(table, recent=30)
    with refused(ValueError, "missing_column"):
        time_to_referral(table.drop(columns="referred_out_low"))


INTERVALS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 12), st.booleans()), min_size=10, max_size=25
)  # first day, width, open above


def bounds(triples):
    low = np.array([first for first, _, _ in triples], float)
    high = np.array([np.inf if open_ else first + width for first, width, open_ in triples])
    return low, high


@settings(max_examples=examples(60))
@given(INTERVALS, st.sampled_from([0.25, 0.5, 0.75]), st.randoms(use_true_random=False))
def test_the_bounds_hold_every_quantile_that_the_intervals_allow(triples, share, random):
    low, high = bounds(triples)
    days = sorted(random.uniform(first, min(last, first + 60)) for first, last in zip(low, high, strict=True))
    quantile = days[int(np.ceil(share * len(days))) - 1]
    least, most = interval_censored.bounds_of_quantile(low, high, share)
    assert least <= quantile <= most
    lower, upper = interval_censored.limits_of_quantile(low, high, share, 0.95)
    assert lower <= least
    assert most <= upper


@settings(max_examples=examples(60))
@given(INTERVALS, st.integers(0, 9), st.integers(0, 20), st.integers(0, 20))
def test_a_wider_date_never_narrows_the_bounds(triples, which, before, after):
    low, high = bounds(triples)
    wider_low, wider_high = low.copy(), high.copy()
    wider_low[which], wider_high[which] = max(low[which] - before, 0), high[which] + after
    for share in (0.25, 0.5, 0.75):
        for find in (interval_censored.bounds_of_quantile, lambda *of: interval_censored.limits_of_quantile(*of, 0.95)):
            narrow, wide = find(low, high, share), find(wider_low, wider_high, share)
            assert wide[0] <= narrow[0] <= narrow[1] <= wide[1]


@pytest.mark.slow
@settings(max_examples=examples(21))
@given(INTERVALS)
def test_the_likeliest_distribution_lies_within_the_bounds(triples):
    low, high = bounds(triples)
    found = interval_censored.npmle(low, high)
    assert found["share"].sum() == pytest.approx(1)
    # Self-consistent: at the end of each stretch no fewer than surely are, and no more than may be.
    ends = found["high"].to_numpy()
    upto = found["share"].cumsum().to_numpy()
    surely = np.array([(high <= end).mean() for end in ends])
    perhaps = np.array([(low <= end).mean() for end in ends])
    assert (surely <= upto + 1e-4).all()
    assert (upto <= perhaps + 1e-4).all()
    # No stretch would gain likelihood by more mass: the sign of a maximum (Gentleman and Geyer, 1994).
    inside = (low[:, None] <= found["low"].to_numpy()) & (ends <= high[:, None])
    gain = (inside / (inside @ found["share"].to_numpy())[:, None]).mean(axis=0)
    assert gain.max() < 1.001


@pytest.mark.soak
@settings(max_examples=examples(4), deadline=None)
@given(INTERVALS, st.integers(-3000, 3000))
def test_shifting_all_dates_changes_nothing(triples, shift):
    rows = [(f"p{n}", "police", (n, n + width), None, (n + 20 + first, n + 20 + first + width // 2))
            for n, (first, width, _) in enumerate(triples)]  # fmt: skip
    table = records(*rows)
    dates = table.columns[3:]
    moved = table.assign(**{name: table[name] + pd.Timedelta(days=shift) for name in dates})
    first, second = time_to_referral(table), time_to_referral(moved)
    pd.testing.assert_frame_equal(first.table, second.table)


# --- What was simulated in the synthetic lists -----------------------------------------------------------------------

SENDERS = {"demo_provinces": ("police", "protection"), "demo_islands": ("policia", "icca")}


@cache
def synthetic(study):
    """The records of a study's synthetic lists with their true persons, and the true captures."""
    entries = catalog.case_lists(study)
    found = pd.concat([intake(catalog.verify(e.name), e.description_path).records for e in entries], ignore_index=True)
    truth = pd.read_csv(
        catalog.ROOT / f"data/raw/synthetic/{study}/truth/captures.csv", parse_dates=["detected"], dtype={"entry": int}
    )
    return found.assign(person_id=found["record_id"].map(truth.set_index("record_id")["true_person"]).fillna("")), truth


@pytest.mark.slow
@pytest.mark.parametrize("study", list(SENDERS))
def test_the_simulated_days_are_found_again(study):
    table, truth = synthetic(study)
    # From the list that refers: 1 to 9 days, each as often.
    found = time_to_referral(table, contact="sender").table.set_index("share")
    assert found.loc[0.5, "limit_low"] <= REFERRED_WITHIN / 2 <= found.loc[0.5, "limit_high"]
    assert found.loc[0.5, "estimate_low"] == pytest.approx(REFERRED_WITHIN / 2, abs=1)
    # From the first contact on any list, by the true days of all who stand on both lists.
    first = truth.groupby("true_person")["detected"].min()
    pair = truth[(truth["entry"] == 1)].pivot_table(index="true_person", columns="list_id", values="detected")
    sent = pair[list(SENDERS[study])].dropna()
    days = (sent[SENDERS[study][1]] - first[sent.index]).dt.days
    found = time_to_referral(table).table.set_index("share")
    for share, row in found.iterrows():
        true = days.quantile(share, interpolation="inverted_cdf")
        assert row["limit_low"] <= true <= row["limit_high"], share
    # A date known by its month or year, or in quarantine, costs a day or two and no more.
    assert found.loc[0.5, "low"] - 1 <= days.median() <= found.loc[0.5, "high"] + 1


def test_the_exhibit_says_what_the_generator_plants():
    assert exhibit_of.SIMULATED_LAST == REFERRED_WITHIN - 1


@pytest.fixture
def shown(monkeypatch):
    """What the notebook shows of a demonstration from its lists, linked as they truly are: its exhibits in order."""
    table, _ = synthetic("demo_provinces")
    exported = str(datetime.date(2023, 12, 31))
    lists = pd.DataFrame({"list_id": table["list_id"].astype(str).unique(), "date": exported})
    lists = lists.assign(title=lists["list_id"] + " (SYNTHETIC)", publisher="", source="", not_linked="")

    class Found:
        is_synthetic, kind, case_records = True, "synthetic", table

    Found.lists = lists
    from analysis.exhibits import case_records

    monkeypatch.setattr(case_records, "load", lambda study: Found)
    monkeypatch.setattr(exhibit_of, "load", lambda study: Found)

    def exhibits(place):
        contacts, by_list = exhibit_of.of_contacts(place), exhibit_of.of_lists(place)
        yield exhibit_of.days_to_referral(place, contacts)
        yield exhibit_of.days_by_list(place, by_list)
        yield exhibit_of.curves(place, contacts)
        yield exhibit_of.curves_by_list(place, by_list)

    return exhibits


@pytest.mark.slow
def test_medians_of_groups_large_enough_leave_with_the_class_of_their_number(shown):
    days, by_list, _, _ = shown(areas.get("demo_provinces"))
    assert days.kind == by_list.kind == "synthetic" and days.effective_class == by_list.effective_class == ESTIMATE
    table = days.table.printed
    assert table["Whom"].tolist() == list(exhibit_of.CONTACTS.values())
    assert int(table.loc[1, "Median, days"]) == pytest.approx(REFERRED_WITHIN / 2, abs=1)
    assert set(table["Persons with both dates"]) == {"44 or more"}
    assert days.figure is None and "so that the median is 5" in days.limits
    hotline = by_list.table.printed.set_index("Whom").loc["hotline"]
    assert hotline["Persons with both dates"] == "fewer than 22" and set(hotline.iloc[1:]) == {"suppressed"}
    numbers = by_list.table.released.set_index("group").loc["hotline"]
    assert numbers[[name for name in numbers.index if name.endswith(("low", "high"))]].isna().all()
    # Nobody reads from what leaves how many persons there are, or who is left out.
    assert not {"No date of referral", "Met too recently", "Note"} & {*table, *by_list.table.printed}
    assert "persons are left out" not in days.limits + by_list.limits


def test_quartiles_and_limits_need_twice_as_many_persons_as_a_median():
    found = time_to_referral(records(*lags(range(1, 31))))
    (row,) = exhibit_of.released_table(found).printed.to_dict("records")
    # Of 30 the 15th: 15 days; a class says that there are 22 or more.
    assert row["Persons with both dates"] == "22 or more" and row["Median, days"] == "15"
    assert row["95 %"] == row["A quarter within"] == row["Three quarters within"] == "suppressed"
    # What a cell of a notebook asks for can be stricter, and never looser.
    assert exhibit_of.released(found, for_median=5, for_quartiles=5).equals(exhibit_of.released(found))
    (strict,) = exhibit_of.released_table(found, for_median=40).printed.to_dict("records")
    assert strict["Median, days"] == "suppressed"
    (row,) = exhibit_of.released_table(time_to_referral(records(*lags(range(1, 45))))).printed.to_dict("records")
    assert (row["A quarter within"], row["Median, days"], row["Three quarters within"]) == ("11", "22", "33")


def test_the_limits_name_the_numbers_of_persons_that_were_asked_for():
    found = time_to_referral(records(*lags(range(1, 45))))
    for show in (exhibit_of.days_to_referral, exhibit_of.days_by_list):
        strict = show("demo_islands", found, for_median=30, for_quartiles=60)
        assert "for 30 persons or more" in strict.limits and "for 60 or more" in strict.limits
        assert strict.table.printed["Persons with both dates"].tolist() == ["30 or more"]
        assert "for 22 persons or more" in show("demo_islands", found, for_median=5).limits


@pytest.mark.slow
def test_the_curve_and_who_is_left_out_are_internal(shown):
    _, _, curves, by_list = shown(areas.get("demo_provinces"))
    assert curves.effective_class == by_list.effective_class == INTERNAL
    assert (curves.table["No date of referral"] > 900).all() and style.is_synthetic(curves.figure)
    assert by_list.table.set_index("Whom").loc["hotline", "Median, days"] == "too few"


@pytest.mark.slow
def test_an_area_with_too_few_is_refused_and_the_reason_with_its_number_is_internal(shown):
    few = [[*shown(areas.get(area_id))][::2] for area_id in areas.ids("demo_provinces")]
    refused = [pair for pair in few if pair[1].figure is None]
    assert refused
    for days, curves in refused:
        assert days.instead.metadata["release_class"] == ESTIMATE and days.plot is None and days.table.empty
        assert not re.search(r"\d", days.instead.data)
        assert curves.table.empty and curves.limits.startswith("Refused: Persons with both")


# --- The figure ------------------------------------------------------------------------------------------------


def test_the_figure_has_the_quartiles_and_the_median_with_their_limits_and_refuses_few():
    long = "a list with a name that is longer than most"
    rows = [*lags([*range(1, 10), 400]), *lags(range(3), long, "n")]
    drawn = time_to_referral(records(*rows), by="list_id").plot(title="Days", footer=FOOTER)
    assert estimates(drawn, "police (10 persons)") == [3, 5, 8] and "5 (2 to 9)" in words(drawn)
    assert [line.get_marker() for line in points(drawn, "police (10 persons)", "estimate")] == ["o", "s", "^"]
    assert bars(drawn, f"{long} (3 persons)", "no estimate") == [(0, 1)] and "too few persons" in words(drawn)
    assert all(name in words(drawn) for name in ("a quarter", "half", "three quarters", "95 % limits"))
    assert faults(drawn) == []


def test_the_level_of_the_limits_stands_in_both_tables_and_in_the_key():
    half = time_to_referral(records(*lags(range(1, 45))), confidence=0.5)
    for table in (exhibit_of.released_table(half).printed, exhibit_of.rows(half)):
        assert "50 %" in table and not any("95" in heading for heading in table)
    assert "50 % limits" in words(half.plot(title="Days", footer=FOOTER))
