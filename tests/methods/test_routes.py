"""Routes: what a reader of the origin-destination tables relies on. Expected values are by hand or published."""

from __future__ import annotations

from math import sqrt

import geopandas as gpd
import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refused
from shapely.geometry import MultiPolygon, Point, box
from stops import the_row

from analysis import areas
from analysis.methods import origin_destination
from analysis.methods.mentions import change_between, mentions_by, mentions_naming, mentions_per_report

REGIONS = pd.DataFrame(
    [
        ("DZA", "Northern Africa", "Africa"),
        ("LBY", "Northern Africa", "Africa"),
        *[(code, "Sub-Saharan Africa", "Africa") for code in ("BEN", "BFA", "CIV", "CMR", "GHA", "GIN", "MLI", "MRT")],
        *[(code, "Sub-Saharan Africa", "Africa") for code in ("NER", "NGA", "SEN", "TCD", "TGO", "ZAF")],
        ("USA", "Northern America", "Americas"),
        ("KAZ", "Central Asia", "Asia"),
        ("CHN", "Eastern Asia", "Asia"),
        ("IDN", "South-eastern Asia", "Asia"),
        ("IRN", "Southern Asia", "Asia"),
        ("SYR", "Western Asia", "Asia"),
        ("TUR", "Western Asia", "Asia"),
        ("UKR", "Eastern Europe", "Europe"),
        ("GBR", "Northern Europe", "Europe"),
        ("ITA", "Southern Europe", "Europe"),
        ("FRA", "Western Europe", "Europe"),
        ("NLD", "Western Europe", "Europe"),
    ],
    columns=["iso3", "subregion", "region"],
)

# Every end of a route, other than a country, that the coded mentions have.
REGION_NAMES_IN_THE_DATA = [
    "Africa", "Asia", "Central Africa", "Central Asia", "ECOWAS", "Eastern Europe", "Europe", "Former Soviet Union",
    "Gulf States", "Maghreb", "Middle East", "North Africa", "South Asia", "West Africa", "Western Europe",
    "neighbouring countries", "unknown",
]  # fmt: skip


def flows(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["citizenship", "detected_in", "year", "low", "high", "value_qualifier"])


def mentions(*rows: tuple, **fixed) -> pd.DataFrame:
    """Rows of (mention_id, report_year, reporting_country, origin, destination), other columns as given or empty."""
    table = pd.DataFrame(rows, columns=["mention_id", "report_year", "reporting_country", "origin", "destination"])
    rest = {"origin_place": "", "transit": "", "destination_place": "", "victims": "children", "form": "sex"}
    return table.assign(**{**rest, "cross_border": "yes", "source_id": "S", "note": "", **fixed})


def readable(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["area_id", "report_year", "documents"])


def pairs(*rows: tuple) -> pd.DataFrame:
    columns = ["origin", "destination", "mentions"] if len(rows[0]) == 3 else ["origin", "destination", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


# --- the two matrices ----------------------------------------------------------------------------------------------


def test_a_flow_is_summed_over_years_as_an_interval_that_says_which_years():
    table = flows(
        ("SEN", "FRA", 2014, 3, 3, "exact"),
        ("SEN", "FRA", 2018, 1, 4, "below_5"),
        ("SEN", "FRA", 2019, 7, 7, "exact"),
        ("SEN", "FRA", 2020, 2, 2, "exact"),
        ("MLI", "SEN", 2019, 6, 6, "exact"),
        ("MLI", "FRA", 2019, 9, 9, "exact"),
    )
    matrix = origin_destination.citizenship_matrix(table, ["SEN"])
    assert list(matrix.columns) == ["origin", "destination", "low", "high", "value_qualifier", "years", "n_rows"]
    # By hand: 3 + (0 to 4) + 7 + 2; "<5" may stand for 0.
    assert matrix.loc[1].tolist() == ["SEN", "FRA", 12, 16, "derived", "2014, 2018-2020", 4]
    assert matrix.loc[0].tolist() == ["MLI", "SEN", 6, 6, "exact", "2019", 1]
    assert len(matrix) == 2  # citizens of Mali in France touch no chosen country


def test_years_bound_a_matrix_on_both_sides_and_both_are_included():
    table = flows(*[("SEN", "FRA", year, 1, 1, "exact") for year in (2013, 2014, 2016, 2017)])
    matrix = origin_destination.citizenship_matrix(table, "SEN", years=(2014, 2016))
    assert matrix.loc[0, ["low", "years"]].tolist() == [2, "2014, 2016"]
    with refused(ValueError, "invalid_years"):
        origin_destination.citizenship_matrix(table, "SEN", years=(2016, 2014))


def test_a_flow_listed_twice_is_refused_and_not_added():
    table = flows(("SEN", "FRA", 2014, 3, 3, "exact"), ("SEN", "FRA", 2014, 4, 4, "exact"))
    with refused(ValueError, "duplicate_row", "2014"):
        origin_destination.citizenship_matrix(table, ["SEN"])


def test_a_country_without_any_flow_gives_an_empty_matrix_with_all_columns():
    table = flows(("SEN", "FRA", 2014, 3, 3, "exact"))
    matrix = origin_destination.citizenship_matrix(table, ["GNB"])
    assert matrix.empty and "years" in matrix
    assert origin_destination.top_corridors(matrix).empty
    assert origin_destination.balance(matrix, "GNB")["high"].tolist() == [0, 0, 0]
    named = origin_destination.mention_matrix(mentions((1, 2001, "BEN", "BEN", "GHA")), ["GNB"])
    assert named.empty and "reports" in named
    assert origin_destination.scope_shares(named, REGIONS)["share"].isna().all()


def test_a_sentence_that_names_four_destinations_counts_once_for_each_pair_and_once_in_totals():
    table = mentions(
        (1, 2001, "BEN", "BEN", "GHA"),
        (1, 2001, "BEN", "BEN", "NGA"),
        (1, 2001, "BEN", "BEN", "CIV"),
        (1, 2001, "BEN", "BEN", "CIV"),  # two places in one country: one mention of the pair
        (2, 2001, "BEN", "BEN", "CIV"),
        (3, 2005, "CIV", "BEN", "CIV"),
        (4, 2005, "CIV", "MLI", "GIN"),
    )
    matrix = origin_destination.mention_matrix(table, ["BEN"])
    assert matrix["destination"].tolist() == ["CIV", "GHA", "NGA"]
    # The corridor to CIV: sentences 1, 2 and 3, in the reports BEN 2001 and CIV 2005.
    assert the_row(matrix, destination="CIV").tolist() == ["BEN", "CIV", 3, 2, 2001, 2005]
    assert the_row(matrix, destination="GHA").tolist() == ["BEN", "GHA", 1, 1, 2001, 2001]
    by_form = mentions_by(table, ["BEN"], "form")
    assert the_row(by_form, form="sex")[["mentions", "n"]].tolist() == [3, 3]
    per_report = mentions_per_report(table, readable(("BEN", 2001, 1)), ["BEN"])
    assert per_report["mentions"].tolist() == [2]


# --- scope ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "destination", "expected"),
    [
        ("SEN", "SEN", "domestic"),
        ("GIN", "SEN", "sub-regional"),
        ("SEN", "ZAF", "sub-regional"),  # UNODC has one sub-region south of the Sahara
        ("SEN", "DZA", "regional"),
        ("KAZ", "TUR", "regional"),
        ("SEN", "FRA", "trans-regional"),
        ("SYR", "TUR", "sub-regional"),
        ("West Africa", "SEN", "sub-regional"),
        ("West Africa", "West Africa", "sub-regional"),
        ("Central Africa", "SEN", "sub-regional"),
        ("SEN", "North Africa", "regional"),
        ("SEN", "Maghreb", "unknown"),  # Mauritania or Algeria
        ("SEN", "Europe", "trans-regional"),
        ("SEN", "Middle East", "trans-regional"),
        ("Africa", "SEN", "unknown"),  # Mali or Algeria
        ("Africa", "Europe", "trans-regional"),
        ("Europe", "FRA", "unknown"),  # the Netherlands or Italy
        ("Western Europe", "FRA", "unknown"),
        ("Middle East", "TUR", "unknown"),  # Syria or Iran
        ("Gulf States", "TUR", "sub-regional"),
        ("South Asia", "TUR", "regional"),
        ("Eastern Europe", "TUR", "trans-regional"),
        ("Former Soviet Union", "TUR", "unknown"),  # Georgia, Kazakhstan or Ukraine
        ("neighbouring countries", "GHA", "sub-regional"),
        ("GHA", "neighbouring countries", "sub-regional"),
        ("NGA", "neighbouring countries", "sub-regional"),  # Chad and Cameroon too are south of the Sahara
        ("MLI", "neighbouring countries", "unknown"),  # Algeria
        ("neighbouring countries", "NER", "unknown"),  # Algeria, Libya
        ("CPV", "neighbouring countries", "unknown"),  # has none by land
        ("unknown", "NGA", "unknown"),
        ("unknown", "unknown", "unknown"),
        ("Atlantis", "Atlantis", "unknown"),
    ],
)
def test_a_route_gets_the_scope_that_all_readings_of_its_ends_agree_on(origin, destination, expected):
    assert origin_destination.scope([origin], [destination], REGIONS).tolist() == [expected]


@pytest.mark.parametrize("name", REGION_NAMES_IN_THE_DATA)
def test_every_region_name_in_the_data_is_covered_and_has_a_place_to_be_drawn(name):
    nowhere = {"neighbouring countries", "unknown"}
    assert (name in origin_destination.REGION_ANCHORS) != (name in nowhere)
    # No name in the data can mean a country of the Americas, so whatever is covered is trans-regional from there.
    expected = "unknown" if name in nowhere else "trans-regional"
    assert origin_destination.scope(["USA"], [name], REGIONS).tolist() == [expected]


@given(st.text(max_size=20))
def test_a_name_never_seen_is_unknown_and_never_an_error(name):
    known = {*REGIONS["iso3"], *REGION_NAMES_IN_THE_DATA}
    if name not in known:
        assert origin_destination.scope([name, "SEN", name], ["SEN", name, name], REGIONS).tolist() == ["unknown"] * 3


def test_a_region_whose_parts_the_table_does_not_hold_is_unknown():
    without_italy = REGIONS[REGIONS["subregion"] != "Southern Europe"]
    assert origin_destination.scope(["SEN"], ["Europe"], without_italy).tolist() == ["unknown"]


@given(
    st.lists(st.tuples(*[st.sampled_from([*REGIONS["iso3"], *REGION_NAMES_IN_THE_DATA])] * 2), min_size=1, max_size=20)
)
def test_scope_is_the_same_both_ways_and_keeps_the_index(routes_named):
    table = pd.DataFrame(routes_named, columns=["a", "b"], index=range(7, 7 + len(routes_named)))
    there = origin_destination.scope(table["a"], table["b"], REGIONS)
    pd.testing.assert_series_equal(there, origin_destination.scope(table["b"], table["a"], REGIONS))
    assert there.index.equals(table.index) and there.isin(origin_destination.SCOPES).all()


def test_scope_refuses_what_would_depend_on_luck():
    with refused(ValueError, "unequal_lengths"):
        origin_destination.scope(["SEN", "MLI"], ["FRA"], REGIONS)
    twice = pd.concat([REGIONS, pd.DataFrame([("SEN", "Western Asia", "Asia")], columns=REGIONS.columns)])
    with refused(ValueError, "duplicate_key"):
        origin_destination.scope(["SEN"], ["FRA"], twice)


# --- shares of scopes ----------------------------------------------------------------------------------------------


def test_limits_of_scopes_are_of_the_level_that_is_asked_for_and_carried():
    # The interval of Wilson at 90 %: z = 1.644854.
    table = origin_destination.scope_shares(pairs(("GIN", "SEN", 20)), REGIONS, confidence=0.9)
    assert the_row(table, scope="regional")["share_high"] == pytest.approx(1.644854**2 / (20 + 1.644854**2), abs=1e-6)
    assert set(table["confidence"]) == {0.9}


def wilson_by_hand(part: int, whole: int, sign: int) -> float:
    z, p = 1.959963985, part / whole
    return (p + z**2 / (2 * whole) + sign * z * sqrt(p * (1 - p) / whole + z**2 / (4 * whole**2))) / (1 + z**2 / whole)


def test_where_all_counts_may_be_zero_a_share_may_be_anything():
    far = the_row(origin_destination.scope_shares(pairs(("SEN", "FRA", 0, 16)), REGIONS), scope="trans-regional")
    assert [far["share_low"], far["share_high"]] == [0, 1]


ENDS = st.sampled_from(["SEN", "GIN", "DZA", "FRA", "TUR", "Africa", "Europe", "West Africa", "unknown"])
MATRICES = st.dictionaries(st.tuples(ENDS, ENDS), st.integers(1, 50), min_size=1, max_size=15).map(
    lambda counts: pairs(*[(*pair, count) for pair, count in counts.items()])
)


@pytest.mark.slow
@given(MATRICES)
@settings(max_examples=examples(38))
def test_exact_shares_add_up_to_one_and_lie_within_their_intervals(matrix):
    table = origin_destination.scope_shares(matrix, REGIONS)
    assert table["share"].sum() == pytest.approx(1)
    assert table["count_low"].sum() == matrix["mentions"].sum()
    assert ((table["share_low"] <= table["share"] + 1e-12) & (table["share"] <= table["share_high"] + 1e-12)).all()
    if table["known_share"].notna().any():
        assert table["known_share"].sum() == pytest.approx(1)


@pytest.mark.slow
@given(
    st.dictionaries(st.tuples(ENDS, ENDS), st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=8),
    st.data(),
)
@settings(max_examples=examples(16))
def test_the_interval_of_bounded_counts_contains_that_of_every_count_they_allow(bounds, data):
    matrix = pairs(*[(*pair, min(two), max(two)) for pair, two in bounds.items()])
    drawn = [data.draw(st.integers(low, high)) for low, high in zip(matrix["low"], matrix["high"], strict=True)]
    wide = origin_destination.scope_shares(matrix, REGIONS)
    one = origin_destination.scope_shares(matrix[["origin", "destination"]].assign(mentions=drawn), REGIONS)
    for low, high in (("share_low", "share_high"), ("known_low", "known_high")):
        possible = one[low].notna()
        assert (wide[low] <= one[low] + 1e-9)[possible].all()
        assert (wide[high] >= one[high] - 1e-9)[possible].all()


# --- corridors and balance -----------------------------------------------------------------------------------------


def test_corridors_are_ranked_and_say_how_much_of_the_order_is_real():
    matrix = pairs(
        ("NGA", "ITA", 20, 20),
        ("NGA", "FRA", 0, 12),
        ("GIN", "FRA", 8, 8),
        ("MLI", "FRA", 8, 8),
        ("SEN", "FRA", 0, 4),
        ("NGA", "NGA", 99, 99),
        ("unknown", "NGA", 50, 50),
    )
    table = origin_destination.top_corridors(matrix, n=4)
    # Home is no corridor, and nor is "unknown". GIN and MLI tie: alphabet decides, the rank bounds tell.
    # 0-12 may be below 8, 8 and, at 0, below 4: second to fifth. An 8 may be above 0-12 and its twin: second to fourth.
    expected = [("NGA", "ITA", 1, 1, 1), ("NGA", "FRA", 2, 2, 5), ("GIN", "FRA", 3, 2, 4), ("MLI", "FRA", 4, 2, 4)]
    assert (
        list(table[["origin", "destination", "rank", "rank_low", "rank_high"]].itertuples(index=False, name=None))
        == expected
    )
    last = origin_destination.top_corridors(matrix, n=10).iloc[-1]
    assert last[["origin", "rank", "rank_low", "rank_high"]].tolist() == ["SEN", 5, 4, 5]


@pytest.mark.slow
@given(MATRICES, st.randoms())
@settings(max_examples=examples(50))
def test_the_order_of_the_rows_does_not_change_the_ranking(matrix, random):
    order = list(range(len(matrix)))
    random.shuffle(order)
    ranked = origin_destination.top_corridors(matrix, n=99)
    pd.testing.assert_frame_equal(ranked, origin_destination.top_corridors(matrix.iloc[order], n=99))
    assert ((ranked["rank_low"] <= ranked["rank"]) & (ranked["rank"] <= ranked["rank_high"])).all()


def test_a_country_s_balance_counts_what_leaves_arrives_and_stays_apart():
    matrix = pairs(
        ("SEN", "FRA", 3, 7), ("SEN", "ITA", 0, 4), ("GIN", "SEN", 5, 5), ("SEN", "SEN", 2, 2), ("GIN", "FRA", 9, 9)
    )
    table = origin_destination.balance(matrix, "SEN")
    assert table.to_numpy().tolist() == [["SEN", "out", 3, 11, 2], ["SEN", "in", 5, 5, 1], ["SEN", "domestic", 2, 2, 0]]


@pytest.mark.slow
@given(MATRICES)
@settings(max_examples=examples(34))
def test_over_all_countries_every_pair_leaves_once_and_arrives_once(matrix):
    ends = {*matrix["origin"], *matrix["destination"]}
    total = pd.concat([origin_destination.balance(matrix, end) for end in ends]).groupby("direction")["high"].sum()
    assert total["out"] == total["in"]
    assert total["out"] + total["domestic"] == matrix["mentions"].sum()


def test_a_matrix_without_counts_is_refused():
    with refused(ValueError, "missing_column"):
        origin_destination.balance(pd.DataFrame({"origin": ["SEN"], "destination": ["FRA"]}), "SEN")


# --- what mentions say ---------------------------------------------------------------------------------------------


def test_forms_are_counted_in_mentions_and_their_shares_overlap():
    table = mentions(*[(i, 2010 + i, "SEN", "GIN", "SEN") for i in range(4)], (9, 2010, "MLI", "MLI", "BFA"))
    table["form"] = ["sex;begging", "sex", "begging; mining", "", "fishing"]
    by_form = mentions_by(table, ["SEN"], "form")
    assert dict(zip(by_form["form"], by_form["share"], strict=True)) == {
        "begging": 0.5,
        "sex": 0.5,
        "mining": 0.25,
        "not stated": 0.25,
    }
    assert (by_form["n"] == 4).all() and not by_form["derived"].any()
    assert the_row(by_form, form="mining")["share_high"] == pytest.approx(wilson_by_hand(1, 4, +1), abs=1e-9)


def test_a_mention_of_boys_and_girls_is_one_mention_of_children():
    table = mentions(*[(i, 2010, "SEN", "GIN", "SEN") for i in range(5)])
    table["victims"] = ["boys;girls", "children", "women;girls", "men", "women;children"]
    by_victims = mentions_by(table, ["SEN"], "victims")
    counts = dict(zip(by_victims["victims"], by_victims["mentions"], strict=True))
    assert counts == {"children": 4, "children (sex not named)": 2, "girls": 2, "boys": 1, "women": 2, "men": 1}
    assert by_victims.loc[by_victims["derived"], "victims"].tolist() == ["children"]
    assert the_row(by_victims, victims="children")["reports"] == 1


def test_mentions_divide_by_form_or_victims_only():
    with refused(ValueError, "unknown_choice", "'form'", "'victims'"):
        mentions_by(mentions((1, 2010, "SEN", "GIN", "SEN")), ["SEN"], "transit")


def test_countries_whose_readable_reports_name_no_route_are_counted_as_silent():
    table = mentions((1, 2010, "SEN", "GIN", "SEN"), (2, 2010, "MLI", "West Africa", "Europe"))
    reports = readable(("SEN", 2010, 2), ("MLI", 2010, 1), ("GIN", 2010, 1), ("SEN", 2011, 1), ("GIN", 2011, 0))
    result = mentions_per_report(table, reports, ["GIN", "MLI", "SEN"])
    # 2010: Guinea says nothing, Mali's mention touches none of the three; 2011: Senegal; Guinea's could not be read.
    assert result["silent_countries"].tolist() == [2, 1]


def test_a_mention_from_a_report_that_nobody_read_stops_the_rate():
    table = mentions((1, 2010, "SEN", "GIN", "SEN"))
    for function in (mentions_per_report, change_between):
        with refused(ValueError, "report_not_readable", "2010"):
            function(table, readable(("SEN", 2011, 1)), ["SEN"])


# --- change --------------------------------------------------------------------------------------------------------


def test_only_reports_on_the_ends_of_a_pair_count_for_it():
    table = mentions(
        (1, 2005, "SEN", "GIN", "SEN"),
        (2, 2015, "SEN", "GIN", "SEN"),
        (3, 2015, "GIN", "GIN", "SEN"),
        (4, 2015, "MLI", "GIN", "SEN"),  # a third country's report
        (5, 2015, "MLI", "MLI", "FRA"),
    )
    reports = readable(("SEN", 2005, 2), ("SEN", 2015, 3), ("GIN", 2015, 4), ("MLI", 2005, 50), ("MLI", 2015, 60))
    result = change_between(table, reports, (code for code in ("GIN", "MLI", "SEN")))
    here = the_row(result, origin="GIN")
    assert here["reporting_countries"] == "GIN;SEN"
    assert here[["mentions_before", "reports_before", "mentions_after", "reports_after"]].tolist() == [1, 2, 2, 7]
    assert the_row(result, origin="MLI")[["reports_before", "reports_after"]].tolist() == [50, 60]
    alone = change_between(table, reports, "SEN").iloc[0]
    assert alone[["reporting_countries", "mentions_after", "reports_after"]].tolist() == ["SEN", 1, 3]


@pytest.mark.parametrize(("year", "unread"), [(2015, "rate_before"), (2005, "rate_after")])
def test_a_period_without_a_readable_report_allows_no_comparison(year, unread):
    table = mentions((1, year, "SEN", "GIN", "SEN"))
    result = change_between(table, readable(("SEN", year, 3)), ["SEN"]).iloc[0]
    assert result[[unread, "rate_ratio", "low", "high", "p_value", "p_adjusted"]].isna().all()
    assert not result["new"] and not result["no_longer_named"]


def test_periods_that_overlap_are_refused():
    with refused(ValueError, "periods_overlap"):
        change_between(mentions(), readable(), ["SEN"], periods=((2001, 2012), (2012, 2024)))


def test_a_country_without_mentions_or_reports_gives_empty_tables_with_all_columns():
    table = mentions((1, 2015, "GIN", "GIN", "MLI"))
    per_report = mentions_per_report(table, readable(("GIN", 2015, 3)), ["SEN"])
    assert per_report.empty and "silent_countries" in per_report
    by_form = mentions_by(table, ["SEN"], "form")
    assert by_form.empty and "share" in by_form
    result = change_between(table, readable(("SEN", 2015, 3)), ["SEN"])
    assert result.empty and "p_adjusted" in result


# --- places --------------------------------------------------------------------------------------------------------


ISLANDS = {"Santiago": "Santiago", "Praia": "Santiago", "São Vicente": "São Vicente", "Sal": "Sal", "Maio": "Maio"}


def test_a_town_leads_to_its_island_whatever_the_accents():
    table = mentions(*[(i, 2014, "CPV", "CPV", "CPV") for i in range(5)])
    table["destination_place"] = ["Praia, Santiago", "Mindelo, Sao Vicente", "Salgado", "SAL", ""]
    found = mentions_naming(table, ISLANDS)
    assert list(found[["mention_id", "places", "role"]].itertuples(index=False, name=None)) == [
        (0, "Santiago", "destination"),
        (1, "São Vicente", "destination"),
        (3, "Sal", "destination"),
    ]


def test_a_mention_of_two_islands_in_two_rows_is_one_row():
    table = mentions((7, 2019, "CPV", "CPV", "CPV"), (7, 2019, "CPV", "CPV", "CPV"), (7, 2019, "CPV", "CPV", "CPV"))
    table["destination_place"] = ["Sal", "Maio", "Fogo"]
    table["origin_place"] = ["", "Praia", ""]
    found = mentions_naming(table, ISLANDS)
    assert found[["mention_id", "places", "role", "origin"]].to_numpy().tolist() == [
        [7, "Sal;Santiago;Maio", "destination;origin", "CPV"]
    ]


@pytest.mark.parametrize(
    ("text", "name", "is_found"),
    [
        ("Centre; Centre-Est", "Centre", True),
        ("Centre-Est", "Centre", False),
        ("MRT (Nouadhibou)", "Nouadhibou", True),
        ("Birni N'Konni; Zinder", "Konni", False),
        ("Sanliurfa", "Şanlıurfa", True),
        ("DÜZCE; Ordu", "Duzce", True),
        ("Bobo-Dioulasso", "Bobo-Dioulasso", True),
        ("Santa Maria, Sal", "Sal", True),
        ("Salvador", "Sal", False),
    ],
)
def test_places_are_found_as_whole_words_without_accents(text, name, is_found):
    table = mentions((1, 2014, "CPV", "CPV", "CPV"), transit=text)
    assert len(mentions_naming(table, [name])) == is_found


def test_no_place_found_gives_an_empty_table_with_all_columns():
    found = mentions_naming(mentions((1, 2014, "CPV", "CPV", "CPV")), ISLANDS)
    assert found.empty and list(found.columns[:4]) == ["mention_id", "report_year", "places", "role"]


def test_a_country_is_drawn_in_its_largest_part_by_true_area():
    # In degrees the polar part is larger (10 x 8 against 6 x 6); on the ground, at 75 degrees north, it is not.
    country = MultiPolygon([box(0, 71, 10, 79), box(0, 0, 6, 6)])
    layer = gpd.GeoDataFrame({"area_id": ["AAA"], "name": ["A"]}, geometry=[country], crs="EPSG:4326")
    point = origin_destination.places(layer, ["AAA", "AAA", "Europe", "unknown"])
    assert list(point.columns) == ["id", "name", "lon", "lat", "level"]
    assert len(point) == 1 and point.loc[0, "level"] == "country"
    assert box(0, 0, 6, 6).contains(Point(point.loc[0, "lon"], point.loc[0, "lat"]))


def test_mainlands_are_where_people_look_for_them():
    # Boxes around the mainland, from an atlas: west, south, east, north.
    mainlands = {
        "FRA": (-5, 42, 8.5, 51.5),
        "NOR": (4.5, 57.5, 31.5, 71.5),
        "USA": (-125, 24.5, -66.5, 49.5),
        "PRT": (-9.6, 36.9, -6.1, 42.2),
        "NLD": (3.3, 50.7, 7.3, 53.6),
        "ESP": (-9.4, 35.9, 3.4, 43.9),
    }
    world = areas.background("world")
    points = origin_destination.places(world, [*mainlands, "SSD"]).set_index("id")
    for code, extent in mainlands.items():
        assert box(*extent).contains(Point(points.loc[code, "lon"], points.loc[code, "lat"])), code
    shapes = world.set_index("area_id").geometry
    assert shapes["SDS"].contains(Point(points.loc["SSD", "lon"], points.loc["SSD", "lat"]))


def test_a_code_without_a_shape_is_named_and_refused():
    layer = gpd.GeoDataFrame({"area_id": ["AAA"], "name": ["A"]}, geometry=[box(0, 0, 1, 1)], crs="EPSG:4326")
    with refused(ValueError, "unknown_area"):
        origin_destination.places(layer, ["AAA", "BBB"])
    with refused(ValueError, "missing_projection"):
        origin_destination.places(layer.set_crs(None, allow_override=True), ["AAA"])


def test_limits_of_mentions_have_the_level_that_is_asked_for():
    table = mentions((1, 2010, "SEN", "GIN", "SEN"), (2, 2010, "SEN", "MLI", "SEN"))
    reports = readable(("SEN", 2010, 2))
    for width, made in (
        (lambda t: (t["share_high"] - t["share_low"]).max(), lambda c: mentions_by(table, ["SEN"], "form", c)),
        (lambda t: (t["high"] - t["low"]).max(), lambda c: mentions_per_report(table, reports, ["SEN"], c)),
    ):
        assert width(made(0.8)) < width(made(0.95))
        assert set(made(0.8)["confidence"]) == {0.8}
