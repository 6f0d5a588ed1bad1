"""Agreements beside corridors: what counts as cover, what never does, and what is only not found. Expected by hand."""

from __future__ import annotations

import itertools
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from figure_texts import faults, texts, words
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch
from refusals import refused
from shapely.geometry import box

from analysis import areas, catalog, evidence, plots
from analysis.jobs import PLEDGE
from analysis.methods import origin_destination
from analysis.plots.flow_map import LOOKS
from analysis.referral import agreements as covering
from analysis.referral import agreements as rules
from analysis.referral.agreements import (
    COVERS,
    FEW,
    NONE_FOUND,
    OTHER,
    REGIONAL,
    agreement_list,
    agreement_pairs,
    corridor_cover,
)

STUDY = sorted([*rules.ECOWAS, "MRT"])
FOOTER = plots.Footer("made for a test", "2013-2024", "a few", "Not real.")
LAEA = "+proj=laea +lat_0=1 +lon_0=3"
WORLD = gpd.GeoDataFrame({"area_id": ["X"], "name": ["land"]}, geometry=[box(-20, -20, 30, 25)], crs=4326)


def table(*rows: tuple) -> pd.DataFrame:
    """agreement_id, kind, parties, subject, date_low, date_high, and, where they are not "unknown", answers."""
    found = []
    for agreement_id, kind, parties, subject, low, high, *answers in rows:
        force, care = [*answers, *["unknown"] * 2][:2]
        found += [
            (agreement_id, f"Name of {agreement_id}", kind, party, low, high, subject, force, "unknown", care, "S")
            for party in parties.split()
        ]
    columns = ["agreement_id", "name", "kind", "party", "date_low", "date_high", "subject", "in_force"]
    columns += ["has_referral_clause", "victim_care_or_return_reported", "source_id"]
    made = pd.DataFrame(found, columns=columns)
    dates = {name: pd.to_datetime(made[name]) for name in ("date_low", "date_high")}
    precision = np.where(
        dates["date_low"].isna(), "unknown", np.where(made["date_low"] == made["date_high"], "day", "year")
    )
    return made.assign(**dates, date_precision=precision, note="", signed="")


def the(pairs: pd.DataFrame, one: str, other: str) -> pd.Series:
    a, b = sorted((one, other))
    chosen = pairs[(pairs["area_a"] == a) & (pairs["area_b"] == b)]
    assert len(chosen) == 1
    return chosen.iloc[0]


def named(*rows: tuple) -> pd.DataFrame:
    made = pd.DataFrame(rows, columns=["origin", "destination", "mentions", "last_year"])
    return made.assign(reports=1, first_year=2013)


@pytest.fixture(scope="module")
def coded() -> pd.DataFrame:
    return catalog.load("agreements")


@pytest.fixture(scope="module")
def real(coded) -> pd.DataFrame:
    return agreement_pairs(coded)


@pytest.fixture(scope="module")
def mentioned(real) -> covering.CorridorCover:
    matrix = origin_destination.mention_matrix(evidence.route_mentions(), STUDY, covering.YEARS)
    return corridor_cover(matrix, real, STUDY)


# --- pairs ---------------------------------------------------------------------------------------------------------


def test_an_agreement_of_three_states_is_one_row_for_each_of_three_pairs():
    pairs = agreement_pairs(
        table(("B01", "multilateral", "TGO BEN BFA", "child trafficking", "2019-12-23", "2019-12-23"))
    )
    assert pairs[["area_a", "area_b"]].to_numpy().tolist() == [["BEN", "BFA"], ["BEN", "TGO"], ["BFA", "TGO"]]
    assert (pairs["cover"] == FEW).all() and (pairs["kinds"] == "multilateral").all()


def test_the_strongest_class_is_the_cover_and_the_rest_is_weaker():
    pairs = agreement_pairs(
        table(
            ("B01", "multilateral", "BEN TGO", "cooperation", "1984-12-10", "1984-12-10"),
            ("B02", "regional", "BEN TGO", "trafficking", "2006-07-06", "2006-07-06"),
            ("B03", "bilateral", "BEN TGO", "trafficking", "2011-01-01", "2011-12-31"),
        )
    )
    row = the(pairs, "BEN", "TGO")
    assert (row["cover"], row["agreement_ids"], row["weaker_ids"]) == (FEW, "B03", "B01;B02")
    # The date is that of the cover, and not of the extradition treaty of 1984.
    assert (str(row["first_low"].date()), str(row["first_high"].date())) == ("2011-01-01", "2011-12-31")
    assert row["first_precision"] == "year"


def test_what_is_not_on_trafficking_or_not_between_states_never_counts_as_an_agreement_on_it():
    pairs = agreement_pairs(
        table(
            ("B01", "bilateral", "AAA BBB", "cooperation", None, None),
            ("A22", "bilateral", "AAA CCC", "child trafficking", None, None),  # signed by border officials
            ("A25", "multilateral", "BBB CCC DDD", "child trafficking", "2002-03-27", "2002-03-27"),  # a travel pass
        )
    )
    assert len(pairs) == 5 and (pairs["cover"] == OTHER).all()
    assert the(pairs, "AAA", "CCC")["kinds"] == "local"


def test_an_agreement_of_more_than_nine_named_states_is_one_of_the_region_whatever_it_is_coded():
    nine, ten = (" ".join(f"{letter}AA" for letter in "ABCDEFGHIJ"[:n]) for n in (9, 10))
    for parties, cover in ((nine, FEW), (ten, REGIONAL)):
        pairs = agreement_pairs(table(("B01", "multilateral", parties, "trafficking", None, None)))
        assert set(pairs["cover"]) == {cover}


def test_a_pair_that_may_be_under_an_agreement_is_none_found_and_says_so():
    one = table(("B01", "multilateral", "BEN GIN", "child trafficking", "2005-07-27", "2005-07-27"))
    pairs = agreement_pairs(one, {"B01": ["BEN", "GIN", "MLI"]})
    assert the(pairs, "BEN", "GIN")[["cover", "may_be_ids"]].tolist() == [FEW, ""]
    assert the(pairs, "GIN", "MLI")[["cover", "agreement_ids", "may_be_ids"]].tolist() == [NONE_FOUND, "", "B01"]
    assert len(agreement_pairs(one, {})) == 1


def test_both_have_signed_when_the_later_one_has_and_undated_agreements_are_counted():
    rows = table(
        ("B01", "bilateral", "BEN GIN", "trafficking", "2005-07-27", "2005-07-27"),
        ("B02", "bilateral", "BEN GIN", "trafficking", None, None),
    )
    later = (rows["agreement_id"] == "B01") & (rows["party"] == "GIN")
    rows.loc[later, ["date_low", "date_high"]] = [pd.Timestamp("2005-01-01"), pd.Timestamp("2005-12-31")]
    rows.loc[later, "date_precision"] = "year"
    row = the(agreement_pairs(rows), "BEN", "GIN")
    assert [str(row[name].date()) for name in ("first_low", "first_high")] == ["2005-07-27", "2005-12-31"]
    assert (row["first_precision"], row["undated"]) == ("span", 1)


def test_unknown_is_never_no_and_one_yes_is_enough():
    rows = table(
        ("B01", "bilateral", "AAA BBB", "trafficking", None, None, "unknown", "no"),
        ("B02", "bilateral", "AAA BBB", "trafficking", None, None, "yes", "unknown"),
    )
    row = the(agreement_pairs(rows), "AAA", "BBB")
    assert row[["in_force", "care_or_return", "referral_clause"]].tolist() == ["yes", "unknown", "unknown"]


def test_a_party_named_twice_and_an_agreement_of_two_subjects_are_refused():
    rows = table(("B01", "bilateral", "AAA BBB", "trafficking", None, None))
    with refused(ValueError, "duplicate_key"):
        agreement_pairs(pd.concat([rows, rows]))
    rows.loc[0, "subject"] = "cooperation"
    with refused(ValueError, "contradictory_rows"):
        agreement_pairs(rows)


def test_no_agreement_gives_no_pair_with_all_columns():
    pairs = agreement_pairs(table().iloc[:0])
    assert pairs.empty and {"cover", "may_be_ids", "first_low"} <= set(pairs.columns)


@pytest.mark.slow
@settings(max_examples=examples(6), deadline=None)
@given(st.permutations(range(6)), st.lists(st.sets(st.sampled_from("ABCDEF"), min_size=1), min_size=6, max_size=6))
def test_the_order_of_rows_changes_nothing_and_each_pair_stands_once_in_order(order, parties):
    kinds = ("bilateral", "regional", "multilateral") * 2
    rows = [
        (f"B{n:02}", kinds[n], " ".join(f"{party}AA" for party in sorted(group)), "trafficking", None, None)
        for n, group in enumerate(parties)
    ]
    pairs = agreement_pairs(table(*rows))
    pd.testing.assert_frame_equal(pairs, agreement_pairs(table(*(rows[n] for n in order))))
    assert (pairs["area_a"] < pairs["area_b"]).all() and not pairs.duplicated(["area_a", "area_b"]).any()
    together = {pair for group in parties for pair in itertools.combinations(sorted(group), 2)}
    assert len(pairs) == len(together)


# --- the coded agreements ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "one, other, cover, ids, first, last",
    [
        ("BEN", "NGA", FEW, {"A08"}, "2005-06-09", "2005-06-09"),
        ("CIV", "MLI", FEW, {"A03", "A04"}, "2000-09-01", "2011-12-31"),
        ("BFA", "CIV", FEW, {"A09", "A10"}, "2013-10-17", "2019-07-31"),
        ("BEN", "TGO", FEW, {"A12"}, "2019-12-23", "2019-12-23"),
        ("BEN", "GIN", FEW, {"A01"}, "2005-07-27", "2005-12-31"),
        # Extradition of 1984, and the accord of 2006.
        ("GHA", "NGA", REGIONAL, {"A02"}, "2006-07-06", "2006-07-06"),
        # A convention of two border towns; the note says that none of the two governments was found.
        ("GNB", "SEN", REGIONAL, {"A02"}, "2006-07-06", "2006-07-06"),
        ("LBR", "SLE", REGIONAL, {"A02"}, "2006-07-06", "2006-07-06"),
        ("NER", "NGA", FEW, {"A15"}, "2021-11-16", "2021-11-16"),
    ],
)
def test_pairs_counted_by_hand(real, one, other, cover, ids, first, last):
    row = the(real, one, other)
    assert row["cover"] == cover and ids <= set(row["agreement_ids"].split(";"))
    assert str(row["first_low"].date()) == first and str(row["last_high"].date()) == last


def test_the_regional_accord_covers_the_105_pairs_of_ecowas_and_lifts_none_of_them(real):
    inside = real[real["area_a"].isin(rules.ECOWAS) & real["area_b"].isin(rules.ECOWAS)]
    assert len(inside) == 105 and set(inside["cover"]) == {FEW, REGIONAL}
    # By hand: the seventeen pairs that A01, A03 to A12, A15 and A17 to A21 name.
    own = inside[inside["cover"] == FEW]
    assert len(own) >= 17 and (own["weaker_ids"].str.split(";").map(lambda ids: "A02" in ids)).all()
    assert real.loc[real["cover"] == FEW, "agreement_ids"].str.contains("A02").sum() == 0


def test_mauritania_is_party_to_none_that_was_found_and_central_africa_only_may_be(real):
    assert "MRT" not in {*real["area_a"], *real["area_b"]} or the(real, "MRT", "SEN")["cover"] != REGIONAL
    assert the(real, "MLI", "GAB")[["cover", "may_be_ids"]].tolist() == [NONE_FOUND, "A02"]


def test_no_referral_clause_is_known_and_none_is_read_as_no(real):
    assert set(real["referral_clause"]) == {"unknown"}
    assert set(real["in_force"]) <= {"yes", "unknown"}


def test_readings_of_notes_are_those_that_the_notes_bear(coded):
    """A new row with such a note must be read before it is counted."""
    notes = coded.groupby("agreement_id")["note"].agg(" ".join)
    says = {
        r"\blocal\b": rules.LOCAL,
        "not named one by one": rules.BY_MEMBERSHIP,
        "names were not visible|other parties not checked": rules.SOME_NAMED,
    }
    for said, listed in says.items():
        assert {key for key, note in notes.items() if re.search(said, note)} == set(listed)
    names = coded.drop_duplicates("agreement_id").set_index("agreement_id")["name"]
    passes = {key for key, name in names.items() if "travel pass" in name.lower()}
    assert passes == set(rules.NOT_ON_TRAFFICKING)
    assert {*rules.DOUBTS, *rules.MAY_BE_PARTY} <= set(coded["agreement_id"])


def test_the_26_states_of_the_accord_are_those_of_both_communities(coded):
    assert len(rules.ECOWAS | rules.ECCAS_2006) == 26
    assert set(coded.loc[coded["agreement_id"] == "A02", "party"]) == rules.ECOWAS


def test_an_agreement_with_one_named_party_is_listed_and_covers_no_pair(coded, real):
    row = agreement_list(coded).set_index("agreement_id").loc["A29"]
    assert row[["n_parties", "parties_read", "on_trafficking"]].tolist() == [1, "some named", False]
    assert not (real["agreement_ids"] + real["weaker_ids"]).str.contains("A29").any()


# --- corridors -----------------------------------------------------------------------------------------------------

PAIRS = agreement_pairs(
    table(
        ("B01", "bilateral", "BEN NGA", "trafficking", "2005-06-09", "2005-06-09"),
        ("B02", "regional", "BEN NGA TGO", "trafficking", "2006-07-06", "2006-07-06"),
        ("B03", "bilateral", "GHA TGO", "cooperation", None, None),
    ),
    {"B02": ["GAB"]},
)


def test_both_directions_are_under_one_agreement_and_shares_add_up():
    found = corridor_cover(
        named(
            ("BEN", "NGA", 6, 2020),
            ("NGA", "BEN", 2, 2004),
            ("TGO", "NGA", 8, 2006),
            ("TGO", "GAB", 3, 2020),
            ("GHA", "TGO", 1, 2020),
            ("TGO", "Europe", 5, 2020),
            ("unknown", "TGO", 1, 2020),
            ("TGO", "TGO", 7, 2020),
        ),
        PAIRS,
        ["BEN", "NGA", "TGO", "GHA"],
    )
    rows = found.corridors.set_index(["origin", "destination"])
    assert list(rows.index[:2]) == [("TGO", "NGA"), ("BEN", "NGA")]
    assert rows["cover"].tolist() == [REGIONAL, FEW, NONE_FOUND, FEW, OTHER]
    assert rows["timing"].tolist() == ["in the same year", "before", "", "after", "not known"]
    assert rows.loc[("TGO", "GAB"), ["reach", "may_be_ids"]].tolist() == ["to or from elsewhere", "B02"]
    assert found.unit == "mentions"

    total = found.summary.set_index(["reach", "cover"])
    # By hand: 8 of 20 mentions in two corridors of one pair.
    assert total.loc[("all", FEW), ["corridors", "pairs", "low", "share"]].tolist() == [2, 1, 8, 0.4]
    assert total.loc[("within the region", REGIONAL), "share"] == pytest.approx(8 / 17)
    assert total.loc[("all", NONE_FOUND), ["low", "share", "may_be"]].tolist() == [3, 0.15, 1]
    assert total.loc[("left out", covering.NOT_ONE_COUNTRY), ["corridors", "low"]].tolist() == [2, 6]
    assert total.loc[("left out", covering.ONE_COUNTRY), "low"] == 7


def test_persons_are_intervals_and_a_count_below_five_may_be_none():
    flows = pd.DataFrame(
        [
            ("BEN", "NGA", 2014, 1, 4, "below_5"),
            ("BEN", "NGA", 2018, 6, 6, "exact"),
            ("TGO", "NGA", 2016, 10, 10, "exact"),
        ],
        columns=["citizenship", "detected_in", "year", "low", "high", "value_qualifier"],
    )
    found = corridor_cover(origin_destination.citizenship_matrix(flows, ["BEN", "TGO"]), PAIRS)
    assert found.unit == "detected persons"
    first = found.corridors.set_index("origin").loc["BEN"]
    assert first[["low", "high", "first_year", "last_year"]].tolist() == [6, 10, 2014, 2018]
    row = found.summary.set_index(["reach", "cover"]).loc[("all", FEW)]
    # 6 of 16 at the least, 10 of 20 at the most, and no share that pretends to be one number.
    assert (row["share_low"], row["share_high"]) == (0.375, 0.5) and np.isnan(row["share"])


def test_an_undated_agreement_may_be_the_older_one():
    pairs = agreement_pairs(
        table(
            ("B01", "bilateral", "BEN NGA", "trafficking", None, None),
            ("B02", "bilateral", "BEN NGA", "trafficking", "2018-01-01", "2018-01-01"),
        )
    )
    for year, timing in ((2010, "not known"), (2018, "not known"), (2020, "before")):
        assert corridor_cover(named(("BEN", "NGA", 1, year)), pairs).corridors["timing"].item() == timing


def test_evidence_without_years_has_no_timing_and_no_evidence_no_share():
    found = corridor_cover(pd.DataFrame({"origin": ["BEN"], "destination": ["NGA"], "mentions": [2]}), PAIRS)
    assert found.corridors["timing"].item() == "not known"
    none = corridor_cover(named(), PAIRS)
    assert none.corridors.empty and none.summary["share"].isna().all() and (none.summary["corridors"] == 0).all()
    west = corridor_cover(named(("West Africa", "Europe", 3, 2020)), PAIRS)
    assert west.corridors.empty and len(west.left_out) == 1


def test_corridors_twice_without_a_count_and_pairs_in_the_wrong_order_are_refused():
    with refused(ValueError, "duplicate_key"):
        corridor_cover(named(("BEN", "NGA", 1, 2020), ("BEN", "NGA", 2, 2020)), PAIRS)
    with refused(ValueError, "missing_value"):
        corridor_cover(named(("BEN", "NGA", np.nan, 2020)), PAIRS)
    with refused(ValueError, "unordered_or_duplicate_pair"):
        corridor_cover(named(("BEN", "NGA", 1, 2020)), PAIRS.rename(columns={"area_a": "area_b", "area_b": "area_a"}))


@pytest.mark.slow
@settings(max_examples=examples(6), deadline=None)
@given(
    st.dictionaries(
        st.tuples(*[st.sampled_from(["BEN", "NGA", "TGO", "GHA", "GAB", "Europe", "unknown"])] * 2),
        st.tuples(st.integers(0, 9), st.integers(0, 9)),
        min_size=1,
    )
)
def test_every_corridor_is_counted_once_and_bounds_hold_every_share(counts):
    rows = [(*ends, low, low + more) for ends, (low, more) in counts.items()]
    found = corridor_cover(pd.DataFrame(rows, columns=["origin", "destination", "low", "high"]), PAIRS, ["BEN", "TGO"])
    by = found.summary.set_index("reach")
    assert by.loc[["all", "left out"], "corridors"].sum() == len(rows)
    assert by.loc[["within the region", "to or from elsewhere"], "high"].sum() == by.loc["all", "high"].sum()
    shares = by.loc["all"]
    for ends in ("low", "high"):
        if shares[ends].sum():
            exact = shares[ends] / shares[ends].sum()
            assert (shares["share_low"] <= exact + 1e-12).all() and (exact <= shares["share_high"] + 1e-12).all()
    flipped = pd.DataFrame([(b, a, *rest) for a, b, *rest in rows], columns=["origin", "destination", "low", "high"])
    again = corridor_cover(flipped, PAIRS, ["BEN", "TGO"]).summary
    pd.testing.assert_frame_equal(found.summary, again)


def test_the_route_named_most_has_no_agreement_of_its_two_countries(mentioned):
    """Guinea-Bissau to Senegal; by hand: 32 mentions of reports since 2013."""
    first = mentioned.corridors.iloc[0]
    assert first[["origin", "destination", "low", "cover"]].tolist() == ["GNB", "SEN", 32, REGIONAL]
    assert "A24" in first["weaker_ids"]


def test_real_corridors_are_all_counted_and_none_is_within_a_country(mentioned):
    matrix = origin_destination.mention_matrix(evidence.route_mentions(), STUDY, covering.YEARS)
    assert len(mentioned.corridors) + len(mentioned.left_out) == len(matrix)
    assert mentioned.corridors["low"].sum() + mentioned.left_out["low"].sum() == matrix["mentions"].sum()
    assert (mentioned.corridors["origin"] != mentioned.corridors["destination"]).all()
    by = mentioned.summary.set_index("reach")
    for reach in covering.REACHES:
        assert by.loc[reach, "share"].sum() == pytest.approx(1)
    # Between states of ECOWAS none is uncovered: what has none found begins or ends in Mauritania.
    none = mentioned.corridors.query("cover == 'none found' and reach == 'within the region'")
    assert len(none) and ((none["origin"] == "MRT") | (none["destination"] == "MRT")).all()


# --- figures -------------------------------------------------------------------------------------------------------

PLACES = pd.DataFrame(
    {
        "id": ["BEN", "NGA", "TGO", "GHA", "GAB"],
        "name": ["Benin", "Nigeria", "Togo", "Ghana", "Far Gabon"],
        "x": [2.0, 8.0, -4.0, -6.0, 29.0],
        "y": [1.0, 3.0, -2.0, 4.0, 1.0],
        "study": [True, True, True, True, False],
    }
)
ROWS = named(
    ("BEN", "NGA", 6, 2020), ("NGA", "BEN", 2, 2004), ("TGO", "NGA", 8, 2006), ("TGO", "GAB", 3, 2020),
    ("GHA", "TGO", 1, 2020), ("TGO", "Europe", 5, 2020),
)  # fmt: skip
FOUND = corridor_cover(ROWS, PAIRS, ["BEN", "NGA", "TGO", "GHA"])
NAMES = dict(zip(PLACES["id"][:4], PLACES["name"][:4], strict=True))


def drawn(found: covering.CorridorCover = FOUND, **other) -> Figure:
    return found.plot(PLACES, WORLD, **{"title": "A title", "footer": FOOTER, "projection": LAEA} | other)


def lines(figure: Figure, place: int) -> list[str]:
    """The pairs whose line has the colour of a cover, by its place among the covers."""
    colour = to_rgba(LOOKS[place][0])
    found = [line for line in figure.findobj(FancyArrowPatch) if str(line.get_gid()).startswith("flow:")]
    return [str(line.get_gid()) for line in found if line.get_edgecolor() == colour]


def test_a_map_has_one_line_a_pair_with_both_directions_added_and_tells_what_it_leaves_out():
    figure = drawn()
    said = words(figure)
    assert lines(figure, COVERS.index(FEW)) == ["flow:BEN:NGA"]
    assert lines(figure, COVERS.index(NONE_FOUND)) == ["flow:GAB:TGO"]
    assert {text.get_text() for text in texts(figure)} >= {"8", "3 ?", "1"}
    assert "may be under an accord" in said and "an end is not one country, 1 (5)" in said
    assert "Far Gabon →" in said and faults(figure) == []


def test_a_highlighted_countrys_lines_alone_bear_their_cover():
    figure = drawn(highlight="BEN")
    assert lines(figure, COVERS.index(FEW)) and not lines(figure, COVERS.index(NONE_FOUND))
    assert "not from or to Benin" in words(figure) and "one country" not in words(figure)


def test_smaller_pairs_are_counted_by_cover_below_the_map():
    said = words(drawn(top=1))
    assert "Other: 3 further pairs, 12 in all, not drawn (" in said
    assert "none found, 1 (3)" in said


def test_a_map_of_one_pair_and_of_none():
    one = corridor_cover(ROWS.head(1), PAIRS)
    assert "6" in words(drawn(one))
    assert "no figure found" in words(drawn(corridor_cover(named(), PAIRS)))


def test_two_directions_under_different_covers_are_refused():
    rows = FOUND.corridors[FOUND.corridors["area_b"] == "NGA"].query("area_a == 'BEN'").assign(cover=[FEW, NONE_FOUND])
    with refused(ValueError, "contradictory_rows"):
        covering.both_directions(rows)


def test_a_table_has_the_number_of_each_direction_and_counts_other_countries_below():
    figure = FOUND.plot_matrix(NAMES, title="A title", footer=FOOTER, highlight="TGO")
    cells = {text.get_gid(): text.get_text() for text in texts(figure) if (text.get_gid() or "").startswith("text:")}
    assert {gid: text for gid, text in cells.items() if text not in ("", "–")} == {
        "text:Benin:Nigeria": "6", "text:Nigeria:Benin": "2", "text:Togo:Nigeria": "8", "text:Ghana:Togo": "1"
    }  # fmt: skip
    assert "To or from other countries" in words(figure) and faults(figure) == []


def test_a_table_of_one_country_is_refused_and_one_without_evidence_shows_the_agreements():
    with refused(ValueError, "too_few_areas"):
        FOUND.plot_matrix({"BEN": "Benin"}, title="A title", footer=FOOTER)
    empty = corridor_cover(named(), PAIRS).plot_matrix(NAMES, title="A title", footer=FOOTER)
    assert "regional accord only" in words(empty) and faults(empty) == []


def pairs_in(line: str) -> set[tuple[str, str]]:
    """Return the corridors of a line of a brief: "Guinea and Mali to Senegal; Togo to Gabon and Benin"."""
    said = line.partition("**: ")[2].partition(". ")[0].rstrip(".").replace(", named most of all", "")
    found = set()
    for part in said.split("; "):
        origins, destinations = (re.split(", | and ", end) for end in part.split(" to "))
        found |= set(itertools.product(origins, destinations))
    return found


def test_the_corridors_that_the_brief_names_are_those_named_most_by_the_agreement_over_them():
    countries = areas.ids("west_africa")
    mentions = origin_destination.mention_matrix(evidence.route_mentions(), countries, (2013, 2024))
    found = corridor_cover(mentions, agreement_pairs(catalog.load("agreements"), members=None), countries).corridors
    elsewhere = {"GAB": "Gabon", "LBN": "Lebanon", "TUN": "Tunisia", "LBY": "Libya", "DZA": "Algeria", "ESP": "Spain"}
    elsewhere |= {"GRC": "Greece", "USA": "the United States", "CHN": "China"}
    named = {each: areas.get(each).name.replace("'", "’") for each in countries} | elsewhere
    brief = (PLEDGE / "briefs" / "en" / "west_africa.md").read_text("utf-8")
    for head, cover, at_least in (
        ("With an agreement", FEW, 6),
        ("With the regional accord alone", REGIONAL, 9),
        ("None found", NONE_FOUND, 4),
    ):
        (line,) = re.findall(rf"- \*\*{head}\*\*: .*(?:\n  .*)*", brief)
        most = found[found["cover"].eq(cover) & found["low"].ge(at_least)]
        told = {(named[a], named[b]) for a, b in zip(most["origin"], most["destination"], strict=True)}
        assert pairs_in(" ".join(line.split())) == told, head
