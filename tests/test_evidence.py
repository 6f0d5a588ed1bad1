"""What a user relies on in the public evidence: nothing lost, nothing invented, one figure drawn, its source named."""

from __future__ import annotations

import inspect
import math

import pandas as pd
import pytest
from refusals import refused

from analysis import areas, bibliography, catalog, evidence, evidence_tables, indicators, schemas
from analysis.exhibits import detection, route, sdg, trend
from analysis.methods.rates import rate_table
from bounded import intervals

# Rows as received with the coded evidence, and what was added or taken out here; counted in the received files.
ROWS = {
    # As received, those of November 2026, a second look-up, and Guinea's ten victims of sex trafficking among 81; those
    # of December 2026 but for 192 of UNODC, which its own tables have.
    "official_counts": 986 + 137 + 190 + 1 + 26 + 241 - 192,
    "figures_not_given": 8,
    "route_mentions": 1474 + 35 + 25,
    "referral_indicators": 3544 + 1 + 116 + 27 + 43,  # as received, one answer of 2023, and the report years to 2026
    "agreements": 77 + 4 + 38 + 2,  # as received, and twenty-one further agreements
    "treaties": 238,
    "regional_mechanism": 35 + 8,
    # UNODC's release of April 2025, and of the one before it Ghana's adults of 2019.
    "unodc_detected_victims": 920 + 1,
    "unodc_forms_of_exploitation": 859,
    "unodc_citizenship_flows": 1258,
    "unodc_persons_and_offences": 983,
    "forms_of_exploitation": 96,
    "tiers": 361 + 9,
    "recheck": 20 + 40 + 20 + 30 + 15 + 15,
    # 421 as received, of which 9 name the NUTS-2 region of a province and are no figures.
    # Of December 2026 without net migration of nine provinces in four years, which is what came less what left.
    # Two more: the identification experts and the mobile teams of the US report of 2023.
    "turkiye_facts": 421 - 9 + 130 + 722 - 36 + 2,
    "turkiye_regions": 9,
    # 379 as received, ICCA's reports of five islands that are one municipality, set down for the municipality, those of
    # November 2026, and the case on Sal that the national counts tell of.
    "cabo_verde_facts": 379 + 5 + 38 + 1 + 53,
    # 472 as received; World Bank 2000-2009 of 17 countries; 18 of the 22 municipalities (4 were there) and 4 of the
    # 9 islands (5 were there); two populations of nine provinces.
    "population": 472 + 17 * 10 + 18 + 4 + 2 * 9,
    "child_labour_benchmarks": 20,
    # 870 as received, seven rows for what had none, the structured data of two more reports, pages on agreements, and
    # pages on referral mechanisms; 152 of published prevalence, and three critics of the Global Slavery Index. Of
    # November 2026 three were there already; pages of a second look-up, and of treaties; a later extract on one page.
    "sources": 870 + 7 + 2 + 2 + 18 + 53 + 152 + 3 + 121 - 3 + 35 + 18 + 148 + 101 + 1,
    # 1,300 as received, and what the releases of the Department of Labor have that was not coded.
    "prevalence_estimates": 1300 + 33 + 19,
    # Actions of the 16 countries in the ten releases: 2,604 lines, of which 28 suggest nothing, one is broken off
    # (Senegal 2016) and one stands twice (Niger 2017).
    "suggested_actions": 2604 - 28 - 1 - 1,
    # For 16 countries: three ages in ten reports; whether the law names them in three, with free schooling, and the
    # types of hazardous work in one; five standards in eight; training in eight or seven; cases in eight; coordination
    # and policy in 2013; and seven answers on investigators that the referral indicators leave out.
    "child_labour_law": 16 * (3 * 10 + 4 * 3 + 1 + 5 * 8 + 8 + 4 * 7 + 3 * 8 + 2) + 7,
    # Countries with a name in the UNODC data set of 30 May 2023 (9 further codes are groups), and Palestine.
    "country_regions": 199 + 1,
}
TABLES = [name for name in ROWS if name != "sources"]


def _only(table: pd.DataFrame) -> pd.Series:
    assert len(table) == 1, table
    return table.iloc[0]


@pytest.mark.parametrize("name", ROWS)
def test_every_received_row_is_there(name):
    assert len(catalog.load(name)) == ROWS[name]


@pytest.mark.parametrize("name", TABLES)
def test_every_source_is_in_the_bibliography(name):
    table, known = catalog.load(name), set(catalog.load("sources")["source_id"])
    named = set(table["source_id"])
    if "confirmed_by" in table:
        named |= set(table["confirmed_by"].str.split(";").explode()) - {""}
    assert not named - known


def test_a_copy_is_cited_together_with_the_original_publisher():
    sources = catalog.load("sources")
    reports = sources[sources["source_id"].str.match(r"(TIP|DOL)X?\d{4}")]
    assert set(reports["original_publisher"]) == {"US Department of State", "US Department of Labor, ILAB"}
    read = reports.set_index("source_id")["read_as"]
    # Addresses at state.gov, ecoi.net, Refworld and the Labor Department's repository, as in the bibliography.
    assert read[["TIP2021_SEN", "TIP2021_MLI", "TIP2007_LBR", "DOL2013_BEN"]].tolist() == [
        "original", "copy", "copy", "original",
    ]  # fmt: skip
    citation = bibliography.citations(["TIP2021_MLI"])["citation"].iloc[0]
    assert "ecoi.net" in citation and "US Department of State" in citation and "2021" in citation


def test_citations_keep_the_order_and_name_an_unknown_source():
    wanted = ["UNODC_GLOTIP_2023", "EXPRESSO20260111", "UNODC_GLOTIP_2023"]
    assert bibliography.citations(wanted)["source_id"].tolist() == ["UNODC_GLOTIP_2023", "EXPRESSO20260111"]
    with refused(catalog.CatalogError, "unknown_source"):
        bibliography.citations(["RUMOUR"])


def test_the_short_source_names_publishers_and_years_and_stays_short():
    # Years of the bibliography: the TIP report of 2014 and of 2023; the page of Expresso das Ilhas of 11 January 2026.
    text = bibliography.short_source(["UNODC_GLOTIP_2023", "TIP2014_CPV", "TIP2023_SEN", "EXPRESSO20260111"])
    assert "UNODC GLOTIP 2023" in text
    assert "US Department of State TIP reports 2014-2023" in text
    assert "Expresso das Ilhas (figures ICCA) 2026" in text
    for table in (evidence.facts("TUR"), evidence.official_indicators(), evidence.population("CPV")):
        assert 0 < len(bibliography.short_source(table["source_id"])) < 140


def test_only_what_was_not_found_is_unknown_and_never_no():
    answers = catalog.load("referral_indicators")
    not_found = answers[answers["source_id"] == "NOT_FOUND"]
    assert len(not_found) == 219  # counted in the received file
    assert set(not_found["answer"]) == {"unknown"}


@pytest.mark.parametrize(
    ("table", "printed", "low", "high", "precision"),
    [
        ("turkiye_facts", "2017-09-28", "2017-09-28", "2017-09-28", "day"),
        ("turkiye_facts", "2018-04", "2018-04-01", "2018-04-30", "month"),
        ("turkiye_facts", "2016", "2016-01-01", "2016-12-31", "year"),
        ("turkiye_facts", "2019/2023", "2019-01-01", "2023-12-31", "span"),
        ("turkiye_facts", "2006-01/2006-03", "2006-01-01", "2006-03-31", "quarter"),
        ("turkiye_facts", "2018-2019", "2018-09-01", "2019-08-31", "school_year"),
        ("cabo_verde_facts", "2020-01/2020-07", "2020-01-01", "2020-07-31", "span"),
        ("cabo_verde_facts", "2025-01/2025-06", "2025-01-01", "2025-06-30", "half-year"),
        ("cabo_verde_facts", "2023-Q2", "2023-04-01", "2023-06-30", "quarter"),
        ("treaties", "1960", "1960-01-01", "1960-12-31", "year"),
    ],
)
def test_a_date_is_the_interval_it_can_mean(table, printed, low, high, precision):
    rows = catalog.load(table)
    row = rows[rows["date"] == printed].iloc[0]
    assert (row["date_low"], row["date_high"]) == (pd.Timestamp(low), pd.Timestamp(high))
    assert row["date_precision"] == precision


def test_an_unknown_date_stays_empty():
    undated = catalog.load("turkiye_facts").query("date == ''")
    # The old-age index of three provinces, from a page without a date; two studies and a police case without dates.
    assert len(undated) == 3 + 3
    assert undated["date_low"].isna().all() and set(undated["date_precision"]) == {"unknown"}


def test_figures_on_undated_pages_say_that_their_date_is_inferred():
    facts = catalog.load("turkiye_facts")
    # The page says nothing of its date; its note says "date is a guess".
    assert facts.loc[facts["source_id"] == "KONYA365_2024", "date_inferred"].all()
    assert not facts.loc[facts["source_id"] == "ERZURUMAJANS202205", "date_inferred"].any()


def test_at_least_has_no_upper_bound_and_about_keeps_its_mark():
    facts = evidence.facts("TUR")
    helped = _only(facts[facts["indicator"] == "trafficking_victims_assisted_iom_cumulative"])  # "more than 1,400"
    assert (helped["low"], helped["high"], helped["value_qualifier"]) == (1400, math.inf, "at_least")
    rows = facts[(facts["indicator"] == "syrian_school_age_children") & (facts["source_id"] == "ENSONHABER201903")]
    assert _only(rows)["value_qualifier"] == "approx"  # "about 1,043 thousand"


def test_every_interval_is_one_that_the_methods_accept():
    for table in (
        evidence.detected_victims(),
        evidence.facts(),
        evidence.official_indicators(),
        evidence.detected_by_form(),
    ):
        intervals.check(table)


def public_tables() -> dict[str, pd.DataFrame]:
    """What each public function of evidence gives of all places, where it says how its figures are known."""
    given = {"area_id": None, "area_ids": None, "iso3": None, "year": 2015, "concept": None, "indicator": None}
    found = {}
    for name, function in inspect.getmembers(evidence, inspect.isfunction):
        if function.__module__ == evidence.__name__ and not name.startswith("_"):
            asked = inspect.signature(function).parameters.values()
            table = function(**{each.name: given[each.name] for each in asked if each.name in given})
            if isinstance(table, pd.DataFrame) and {"value_qualifier", "low"} <= set(table):
                found[name] = table
    return found


def tables_of_notebooks() -> dict[str, pd.DataFrame]:
    """What the notebooks read of a study and of an area within a country, beside `evidence` itself."""
    found = {}
    for place in map(areas.get, ("west_africa", "SEN", "TR-27", "CPV-SAL")):
        victims = detection.preferred(place)
        tables = {
            "victims": victims, "whole years": detection.of_whole_years(victims), "forms": detection.forms(place),
            "sex and age": detection.sex_and_age(place), "16.2.2": sdg.counts(place), "series": trend.series(place),
            "flows": route.sources_of(place)[0],
        }  # fmt: skip
        found |= {f"{place.area_id}, {name}": table for name, table in tables.items()}
    return found


def test_below_5_is_zero_to_four_in_whatever_is_read():
    entries = [name for name, each in catalog.datasets().items() if each.schema in schemas.SCHEMAS]
    catalogued = {name: table for name in entries if {"value_qualifier", "low"} <= set(table := catalog.load(name))}
    counted = {}
    for name, table in (catalogued | public_tables() | tables_of_notebooks()).items():
        censored = table[table["value_qualifier"].eq("below_5")]
        assert censored["low"].eq(0).all() and censored["high"].eq(4).all(), name
        assert set(intervals.text(censored["low"], censored["high"], censored["value_qualifier"])) <= {"<5"}
        counted[name] = len(censored)
    # Counted in the received files, with `grep -c '<5'`; two of them are given whole by functions of evidence.
    assert counted["unodc_citizenship_flows"] == 723
    assert counted["detected_by_sex_age"] == counted["unodc_detected_victims"] == 264
    assert counted["detected_by_form"] == counted["unodc_forms_of_exploitation"] == 440
    assert counted["persons_and_offences"] == counted["unodc_persons_and_offences"] == 428
    for name in ("detected_victims", "west_africa, victims", "SEN, whole years", "SEN, series", "TR-27, flows"):
        assert counted[name] > 0, name


def test_the_tables_of_counts_and_of_rates_agree_on_a_year_below_5():
    place = areas.get("SEN")
    victims = detection.preferred(place)
    by_year = detection.detected_by_year(place, victims).table
    cases = detection.of_whole_years(victims)
    rates = detection.detected_rates(place, rate_table(cases, evidence.annual_population(["SEN"]), per=100_000)).table
    numbers = by_year.numbers
    of_all = numbers["source"].eq("UNODC") & numbers["measure"].eq("victims")
    of_year = numbers.index[of_all & numbers["year"].eq(2011)]
    count = _only(numbers.loc[of_year])
    rate = _only(rates.numbers.query("year == 2011 and source == 'UNODC' and measure == 'victims'"))
    assert (count["low"], count["high"]) == (rate["cases_low"], rate["cases_high"]) == (0, 4)
    # Both print what UNODC does.
    printed = by_year.printed.set_axis(numbers.index).loc[of_year, "Detected"]
    assert printed.tolist() == ["<5"] and {"low", "high", "value_qualifier"} <= set(by_year.released)
    said = rates.printed
    assert said.loc[said["Year"].astype(str).eq("2011") & said["Source"].eq("UNODC"), "Detected"].unique() == ["<5"]


def test_namibia_survives_reading():
    flows = catalog.load("unodc_citizenship_flows")
    assert len(flows[flows["citizenship"] == "NAM"]) == 1


def test_a_missing_unodc_total_is_the_sum_of_its_complete_parts():
    table = evidence.detected_victims(["GHA", "BEN", "NER"]).query("source == 'UNODC'")
    children = _only(
        table[(table["area_id"] == "GHA") & (table["year"] == 2008) & (table["measure"] == "child_victims")]
    )
    assert (children["low"], children["high"]) == (36, 36)  # by hand: 9 girls and 27 boys
    assert children["value_qualifier"] == "derived" and "female and male" in children["note"]
    all_ages = _only(table[(table["area_id"] == "BEN") & (table["year"] == 2014) & (table["measure"] == "victims")])
    assert (all_ages["low"], all_ages["high"]) == (0, 8)  # by hand: <5 children and <5 adults, each 0 to 4
    assert not all_ages["preferred"]  # nothing else of that year, and 535 victims in 2017
    niger = _only(table[(table["area_id"] == "NER") & (table["year"] == 2014) & (table["measure"] == "victims")])
    assert (niger["low"], niger["high"]) == (6, 8)  # by hand: <5 and <5 by sex, but 6 adults are printed


def test_below_5_for_both_ages_and_nothing_else_is_not_reported_where_other_years_have_more(monkeypatch):
    hidden = [("0-17", "all", "<5"), ("18+", "all", "<5")]
    of_each = {
        ("AAA", 2011): [("0-17", "all", 40), ("18+", "all", "<5"), ("all", "all", 42)],
        ("AAA", 2012): hidden,  # between larger counts
        ("AAA", 2013): [*hidden, ("all", "all", "<5")],  # a total: few were detected
        ("AAA", 2014): [*hidden, ("all", "female", "<5"), ("all", "male", "<5")],  # the sexes: likewise
        ("AAA", 2015): [("0-17", "all", 7), ("18+", "all", 6)],
        ("BBB", 2012): hidden,  # before the only larger count
        ("BBB", 2013): [("all", "all", 5)],
        ("CCC", 2012): [("all", "all", 5)],
        ("CCC", 2013): hidden,  # after it
        ("DDD", 2012): hidden,  # no larger count in any year
        ("DDD", 2013): [*hidden, ("all", "all", "<5")],
        ("EEE", 2012): hidden[:1],  # children alone: nothing is said of adults
        ("EEE", 2013): [("0-17", "all", 12), ("18+", "all", 3), ("all", "all", 15)],
    }
    table = pd.DataFrame(
        [(*key, *row) for key, rows in of_each.items() for row in rows],
        columns=["area_id", "year", "age", "sex", "value"],
    )
    below = table["value"].eq("<5")
    table = table.assign(
        low=pd.to_numeric(table["value"].mask(below, 1)),
        high=pd.to_numeric(table["value"].mask(below, 4)),
        value_qualifier=below.map({True: "below_5", False: "exact"}),
        source_id="MADE_UP",
    )
    monkeypatch.setattr(evidence_tables, "bounded", lambda name: table)
    monkeypatch.setattr(evidence_tables, "_aside", lambda name: pd.Series("", table.index))
    monkeypatch.setattr(evidence_tables, "by_sex_age", evidence_tables.by_sex_age.__wrapped__)
    found = evidence_tables.detected_by_unodc().set_index(["area_id", "year", "measure"])
    kept_back = found.index[~found["preferred"]]
    years = {("AAA", 2012), ("BBB", 2012), ("CCC", 2013)}
    assert set(kept_back) == {(*year, measure) for year in years for measure in ("victims", "child_victims")}
    assert set(found.loc[kept_back, "reason"]) == {evidence.NOT_REPORTED}
    assert found.loc[("AAA", 2012, "child_victims"), "high"] == 4  # kept as it is printed


def test_what_unodc_did_not_report_is_drawn_of_no_country():
    table = evidence.detected_victims().query("source == 'UNODC' and not preferred")
    # Looked up in the file by eye: the years of each country with two rows, `<5` and `<5`.
    by_eye = {
        "BEN": {2014, 2015}, "BFA": {2012, 2013, 2015}, "CIV": {2012}, "GHA": {2012, 2013, 2014, 2015}, "GIN": {2012},
        "MLI": {2012, 2013, 2014, 2015}, "SLE": {2014}, "TGO": {2012, 2013, 2014, 2015},
    }  # fmt: skip
    # Senegal gives one number for victims, offences and persons; of Ghana's adults of 2019 one of two figures is drawn.
    cases, ghana = {"SEN": {2019, 2020, 2021, 2022}}, ("GHA", 2019)
    for measure in ("victims", "child_victims"):
        years = table[table["measure"] == measure].groupby("area_id")["year"].agg(set)
        assert years.to_dict() == (by_eye | cases if measure == "victims" else by_eye)
    parts = evidence.detected_by_sex_age()
    parts = parts[~parts["preferred"]].set_index(["area_id", "year"])
    assert parts.loc[[ghana], ["age", "value"]].to_numpy().tolist() == [["18+", "<5"]]
    assert parts.loc[[ghana], "reason"].str.contains("411").all()
    # Burkina Faso's 1,486 children of 2021 are 1,052 girls and 434 boys here, the other way round elsewhere.
    burkina = parts.loc[[("BFA", 2021)], ["sex", "age", "value"]].to_numpy().tolist()
    assert burkina == [
        ["female", "0-17", "1052"], ["female", "all", "1079"], ["male", "0-17", "434"], ["male", "all", "453"],
    ]  # fmt: skip
    parts = parts.drop([ghana, ("BFA", 2021)]).reset_index()
    assert parts.groupby("area_id")["year"].agg(set).to_dict() == by_eye | cases
    assert set(parts.loc[parts["area_id"].ne("SEN"), "reason"]) == {evidence.NOT_REPORTED}
    assert parts.loc[parts["area_id"].eq("SEN"), "reason"].str.contains("cases, and no persons").all()


def test_a_unodc_total_that_is_printed_is_not_replaced_by_a_sum():
    table = evidence.detected_victims("GHA").query("source == 'UNODC' and measure == 'victims' and year == 2017")
    assert (_only(table)["low"], _only(table)["value_qualifier"]) == (558, "exact")  # parts: 192 + 362 = 554


def test_one_figure_a_source_measure_and_period_is_drawn_and_parts_never_are():
    table = evidence.detected_victims()
    drawn = table[table["preferred"]]
    assert not drawn.duplicated(["area_id", "source", "measure", "period_start", "period_end"]).any()
    reported = drawn.loc[drawn["source"] != "UNODC", "breakdown"]
    assert (reported.eq("unspecified") | reported.str.startswith("derived: ")).all()
    assert table["reason"].str.match(r"(not )?preferred: .+").all()
    # Türkiye 2021: 120 child victims in all, 14 of them child soldiers (TIP report 2022).
    children = evidence.detected_victims("TUR").query("source == 'TIP' and measure == 'child_victims' and year == 2021")
    assert dict(zip(children["low"], children["preferred"], strict=True)) == {120: True, 14: False}


def test_a_period_from_april_to_march_belongs_to_the_year_of_its_middle():
    row = _only(evidence.detected_victims("NGA").query("source == 'TIP' and low == 935"))
    assert (str(row["period_start"].date()), str(row["period_end"].date())) == ("2021-04-01", "2022-03-31")
    assert row["year"] == 2021


def test_every_identified_victim_figure_of_the_reports_is_kept():
    table = evidence.detected_victims().query("source != 'UNODC'")
    printed = table[~table["breakdown"].str.startswith("derived: ")]
    counts = catalog.load("official_counts")
    # Three of Togo and one of Côte d'Ivoire have no printed period: no period can be shown for them.
    victims = counts["indicator"].isin(["victims_identified", "child_victims_identified"])
    assert counts.loc[victims & counts["period_start"].isna(), "area_id"].tolist() == ["TGO", "TGO", "TGO", "CIV"]
    counts = counts.dropna(subset="period_start")["indicator"].value_counts()
    assert printed["measure"].value_counts().to_dict() == {
        "victims": counts["victims_identified"],
        "child_victims": counts["child_victims_identified"],
    }


def test_a_later_report_restates_the_earlier_one_and_both_are_kept():
    table = evidence.official_indicators("SLE")
    rows = table[(table["indicator"] == "convictions") & (table["period_start"] == "2019-04-01")]
    # The reports of 2020 and 2021 print 2 and 3 convictions for April 2019 to March 2020.
    assert dict(zip(rows["source_id"], rows["preferred"], strict=True)) == {"TIP2020_SLE": False, "TIP2021_SLE": True}
    assert rows["conflict"].all() and "later report" in rows.loc[rows["preferred"], "reason"].iloc[0]


def test_figures_that_agree_are_no_conflict_and_are_drawn_once():
    table = evidence.official_indicators("SLE")
    rows = table[(table["indicator"] == "prosecutions") & (table["period_start"] == "2019-04-01")]
    assert rows["low"].tolist() == [9, 9]
    assert rows["preferred"].sum() == 1 and not rows["conflict"].any()


@pytest.mark.parametrize(
    ("area_id", "indicator", "date", "printed", "drawn"),
    [
        # A dated page over one whose date is inferred.
        ("TR-63", "syrians_temporary_protection", "2017-09-28", {"445580", "445584"}, "445580"),
        # ICCA's own later count, 192 in 2026, over 193 in 2020.
        ("CPV", "icca_child_sexual_abuse_reports", "2019-01-01", {"192", "193"}, "192"),
        # The definitive count of the census over the preliminary one.
        ("CPV", "population_total", "2021-06-16", {"483628", "491233"}, "491233"),
        # As restated by INE in 2021 over the preliminary and the final count of 2010.
        ("CPV", "population_total", "2010-06-16", {"491575", "491683", "491875"}, "491683"),
        # 20 is 20.2 in fewer digits.
        ("CPV", "poverty_rate_global", "2023-04-01", {"20", "20.2"}, "20.2"),
    ],
)
def test_conflicting_figures_are_all_kept_and_one_is_drawn(area_id, indicator, date, printed, drawn):
    rows = evidence.facts(area_id, indicator)
    rows = rows[rows["date_low"] == date]
    assert set(rows["value"]) == printed
    assert _only(rows[rows["preferred"]])["value"] == drawn
    assert rows["conflict"].all()


def test_facts_draw_exactly_one_figure_for_each_area_indicator_and_date():
    table = evidence.facts()
    drawn = table.groupby(["area_id", "indicator", "date_low", "date_high"], dropna=False)["preferred"].sum()
    # What is set aside and alone of its date: a share of all foreign children, numbers that a newspaper rounded or
    # did not date, an older number of returns printed later, and victims of a part of 2023.
    none = drawn[drawn.eq(0)].reset_index()
    assert none[["area_id", "indicator"]].to_numpy().tolist() == [
        ["TR-27", "syrians_temporary_protection"],
        ["TR-27", "syrians_temporary_protection"],
        ["TR-34", "syrians_temporary_protection"],
        ["TUR", "syrian_children_enrolment_rate"],
        ["TUR", "syrian_returns"],
        ["TUR", "trafficking_victims_identified"],
    ]
    assert drawn.le(1).all()


def test_facts_hold_both_tables_and_the_syrians_of_the_population_table_once():
    table = evidence.facts(indicator="syrians_temporary_protection")
    # By hand: 134 rows in the facts, 49 of November 2026 and 9 of December; of the 26 in the table of population only
    # five are not there with the same source: Mersin (two dates), Ankara, Kahramanmaraş and Mardin.
    assert len(table) == 134 + 49 + 9 + 5
    assert table["area_id"].value_counts()[["TR-33", "TR-06", "TR-46", "TR-47"]].tolist() == [3, 1, 1, 1]
    assert not table.duplicated(["area_id", "date_low", "date_high", "value", "source_id"]).any()


def test_the_figures_of_the_nine_provinces_are_carried():
    # As received: Kilis 105,442 Syrians on 17 March 2021 and 106,923 on 9 December 2021; Istanbul 15,907,951 at the end
    # of 2022, and 15,011,868 as the population that DGMM divided by.
    kilis = evidence.facts("TR-79", "syrians_temporary_protection").set_index("date_low")["low"]
    assert (kilis["2021-03-17"], kilis["2021-12-09"]) == (105442, 106923)
    people = catalog.load("population").query("area_id == 'TR-34'")
    assert _only(people[people["date"] == "2022-12-31"])["low"] == 15907951
    assert _only(people[people["indicator"] == "population_used_by_dgmm"])["low"] == 15011868


def test_remembered_populations_are_marked_and_the_read_ones_are_not():
    people = catalog.load("population")
    count = people[(people["date"] == "2021-06-16") & (people["indicator"] == "population_total")]
    towns = count[count["level"] == "municipality"]
    assert len(towns) == 22
    # Six were read, as the received table says municipality by municipality.
    read = {"CV-SV", "CV-SL", "CV-TA", "CV-CA", "CV-PR", "CV-SD"}
    assert set(towns.loc[towns["provenance"] == "read", "area_id"]) == read
    assert set(towns.loc[towns["provenance"] == "remembered", "area_id"]) == set(towns["area_id"]) - read
    # Four islands have no source of their own either.
    islands = count[(count["level"] == "island") & (count["provenance"] == "remembered")]
    assert set(islands["area_id"]) == {"CPV-SAONICOLAU", "CPV-BOAVISTA", "CPV-MAIO", "CPV-BRAVA"}


# The island of each municipality, from the table of municipalities as received.
MUNICIPALITIES = {
    "CPV-SANTOANTAO": ["CV-RG", "CV-PA", "CV-PN"],
    "CPV-SAOVICENTE": ["CV-SV"],
    "CPV-SAONICOLAU": ["CV-RB", "CV-TS"],
    "CPV-SAL": ["CV-SL"],
    "CPV-BOAVISTA": ["CV-BV"],
    "CPV-MAIO": ["CV-MA"],
    "CPV-SANTIAGO": ["CV-TA", "CV-CA", "CV-CR", "CV-PR", "CV-SD", "CV-SM", "CV-SS", "CV-SO", "CV-RS"],
    "CPV-FOGO": ["CV-MO", "CV-SF", "CV-CF"],
    "CPV-BRAVA": ["CV-BR"],
}


def test_the_municipalities_add_up_to_their_islands_and_to_the_country():
    people = evidence.population()
    people = people[people["preferred"] & (people["date"] == "2021-06-16")].set_index("area_id")["population"]
    for island, towns in MUNICIPALITIES.items():
        assert people[towns].sum() == people[island], island
    assert people[list(MUNICIPALITIES)].sum() == 483628  # preliminary national count, Expresso das Ilhas 14 August 2021


def test_the_81_provinces_are_6_short_of_the_official_total_of_2021():
    people = catalog.load("population")
    provinces = people[(people["level"] == "province") & (people["date"] == "2021-12-31")]
    assert len(provinces) == 81
    assert 84680273 - provinces["low"].sum() == 6  # TÜİK, ADNKS 2021
    assert any("6 persons less" in sentence for sentence in evidence.cautions("population"))


def test_santa_luzia_has_population_0():
    row = _only(evidence.population_near(["CPV-SANTALUZIA"], 2021))
    assert row["population"] == 0


def test_no_population_row_stands_twice():
    people = catalog.load("population")
    assert not people.duplicated(["area_id", "name", "level", "date", "indicator", "value", "source_id"]).any()


def test_countries_are_drawn_from_one_series_from_the_first_unodc_year():
    # World Bank SP.POP.TOTL, mid-2003.
    near = evidence.population_near(["SEN", "GMB", "TUR"], 2003).set_index("area_id")
    assert near["population"].to_dict() == {"SEN": 10721176, "GMB": 1577611, "TUR": 67831730}
    drawn = evidence.population(areas.load("west_africa")["area_id"]).query("preferred")
    assert set(drawn["source_id"]) == {"WBPOP"}
    assert drawn.groupby("area_id").size().eq(25).all()  # 2000 to 2024


def test_islands_are_drawn_from_counts_and_not_from_estimates_between_them():
    # Santo Antão: 36,632 counted in June 2021; an encyclopaedia has 38,200 for the middle of 2019.
    row = _only(evidence.population_near("CPV-SANTOANTAO", 2019))
    assert (row["population"], str(row["date"].date())) == (36632, "2021-06-16")
    kept = evidence.population("CPV-SANTOANTAO")
    assert "estimate between two censuses" in _only(kept[kept["population"] == 38200])["reason"]


def test_every_area_of_every_study_has_a_population_of_its_own():
    for study in areas.STUDIES:
        wanted = list(areas.load(study)["area_id"])
        assert evidence.population_near(wanted, 2021)["area_id"].tolist() == sorted(wanted)


def test_a_rate_by_year_finds_at_most_one_population():
    people = evidence.annual_population([*areas.load("turkiye")["area_id"], "CPV", "CPV-SAL"])
    assert not people.duplicated(["area_id", "year"]).any()
    gaziantep = people[people["area_id"] == "TR-27"].set_index("year")["population"]
    assert gaziantep[2019] == 2069364  # TÜİK, ADNKS 2019


def test_every_mention_comes_from_a_report_that_counts_as_readable():
    mentions, reports = evidence.route_mentions(), evidence.readable_reports()
    named = set(zip(mentions["reporting_country"], mentions["report_year"], strict=True))
    assert not named - set(zip(reports["area_id"], reports["report_year"], strict=True))


def test_copies_and_sections_of_one_report_are_one_readable_report():
    reports = evidence.readable_reports().set_index(["area_id", "report_year"])
    # Read for Côte d'Ivoire 2023: four pages with parts of the State Department's report, and none of the other.
    assert reports.loc[("CIV", 2023), "documents"] == 1
    # Sierra Leone 2021: the State Department's report at two addresses, and the Labor Department's.
    assert reports.loc[("SLE", 2021), "documents"] == 2
    # Guinea 2008: only the CIA's summary of the State Department's report.
    assert bool(reports.loc[("GIN", 2008), "summary_only"])


def test_coded_tables_and_lists_of_tiers_do_not_make_a_report_readable():
    sources = catalog.load("sources").set_index("source_id")["report"]
    assert set(sources[["DOLX2019", "TIP2020_TIERS", "TIP2023_TIERS", "HEISS_TIERS"]]) == {""}


def test_icca_reports_are_given_for_every_municipality_that_was_named_and_for_no_other():
    rows = evidence.facts(
        [town for towns in MUNICIPALITIES.values() for town in towns], "icca_child_sexual_abuse_reports"
    )
    counts = rows[rows["date_low"] == "2020-01-01"].set_index("area_id")["low"]
    # As received: 15 of the 22 municipalities, with 97 of the country's 107 reports; the other seven are not known.
    assert len(counts) == 15 and counts.sum() == 97
    assert counts["CV-TA"] == 0 and "CV-CR" not in counts.index


def test_regions_are_names_and_not_figures():
    assert evidence.regions_of("TR-27") == ["TRC1"] and evidence.regions_of("SEN") == []
    assert "code" not in set(evidence.facts()["unit"])


def test_every_country_on_a_route_or_in_a_flow_has_its_region():
    regions = catalog.load("country_regions").set_index("iso3")
    # UN classification as in the UNODC data set.
    assert regions.loc["SEN", "subregion"] == "Sub-Saharan Africa" and regions.loc["TUR", "region"] == "Asia"
    mentions, flows = evidence.route_mentions(), catalog.load("unodc_citizenship_flows")
    ends = pd.concat([mentions["origin"], mentions["destination"], flows["citizenship"], flows["detected_in"]])
    assert not set(ends[ends.str.fullmatch(r"[A-Z]{3}")]) - set(regions.index)


def test_the_shares_of_working_children_add_up():
    table = catalog.load("child_labour_benchmarks").query("source_id == 'TUIK_CLFS_2019'")
    ages = table[(table["measure"] == "share_of_working_children") & (table["sex"] == "all")]
    assert ages["low"].sum() == pytest.approx(100)  # TÜİK 2019: 4.4 + 15.9 + 79.7
    sectors = table[table["measure"].isin(["sector_agriculture", "sector_industry", "sector_services"])]
    assert sectors["low"].sum() == pytest.approx(100)  # 30.8 + 23.7 + 45.5


def test_the_recheck_reports_what_was_found_again():
    # Counted in the received files, round by round.
    rounds = catalog.load("recheck").groupby("check_round")["result"].value_counts()
    assert rounds[2].to_dict() == {"right": 19, "not found again": 1}
    assert rounds[3].to_dict() == {"right": 38, "corrected": 1, "not found again": 1}
    assert rounds[4].to_dict() == {"right": 20 + 29, "corrected": 1}
    assert rounds[6].to_dict() == {"right": 14 + 9, "corrected": 1, "not found again": 1 + 5}


def other_forms(area_id: str, year: int) -> pd.DataFrame:
    table = evidence.detected_by_form(area_id)
    return table[table["year"].eq(year) & table["form"].eq("other") & table["sex"].eq("all") & table["age"].eq("all")]


def test_two_totals_of_other_forms_are_kept_and_the_exact_one_is_drawn():
    # UNODC prints both 5 and <5 for Niger in 2020; with 7 in forced labour and <5 in sexual exploitation that is more
    # than the 12 victims of the year, and so they are no kinds.
    other = other_forms("NER", 2020)
    assert dict(zip(other["value"], other["preferred"], strict=True)) == {"<5": False, "5": True}


def test_kinds_of_other_forms_are_added():
    # Türkiye in 2021: 14, 22, 54 and <5 beside 111 and 200 of 402 victims. Of the ages UNODC prints 38 + 54 = 92.
    other = other_forms("TUR", 2021)
    drawn = _only(other[other["preferred"]])
    assert (drawn["low"], drawn["high"], drawn["value_qualifier"]) == (90, 94, "derived")
    assert sorted(other.loc[~other["preferred"], "value"]) == ["14", "22", "54", "<5"]


def test_cautions_are_told_once_and_say_what_the_data_are_not():
    told = evidence.cautions("official_counts", "unodc_detected_victims")
    assert len(told) == len(set(told))
    assert any("incidence" in sentence for sentence in told)
    mentions = evidence.cautions("route_mentions")
    assert any("count" in sentence and "mention_id" in sentence for sentence in mentions)


# Every question on places, and on what exists of them; those without a second argument take places alone.
ASKED = [
    evidence.detected_victims, evidence.detected_by_form, evidence.detected_by_sex_age, evidence.official_indicators,
    evidence.stage_counts, evidence.figures_not_given, evidence.facts, evidence.population, evidence.annual_population,
    evidence.tiers, evidence.suggested_actions, evidence.child_labour_law, evidence.prevalence, evidence.regions_of,
    lambda places: evidence.population_near(places, 2020),
]  # fmt: skip


@pytest.mark.parametrize("ask", ASKED)
def test_a_place_that_does_not_exist_is_refused_and_never_an_empty_table(ask):
    for nowhere in ("Atlantis", "QQQ", "TR-99", "", ["SEN", "Atlantis"]):
        if ask is evidence.prevalence and nowhere == "":
            continue  # the rows of regions
        with refused(areas.UnknownArea, "unknown_area"):
            ask(nowhere)


def test_the_nearest_place_is_named_with_its_name():
    with pytest.raises(areas.UnknownArea, match=r"NGA \(Nigeria\)"):
        evidence.detected_victims("Nigerria")


@pytest.mark.parametrize(
    ("named", "as_id"),
    [
        ("Nigeria", "NGA"),
        ("nga", "NGA"),
        ("Côte d'Ivoire", "CIV"),
        ("cote d'ivoire", "CIV"),
        (["Senegal", "GMB"], ["SEN", "GMB"]),
    ],
)
def test_a_name_asks_for_the_same_as_an_id(named, as_id):
    found = evidence.detected_victims(named)
    assert len(found) and found.equals(evidence.detected_victims(as_id))


def test_an_area_and_a_study_are_asked_for_as_their_ids_are():
    assert evidence.tiers(areas.get("SEN")).equals(evidence.tiers("SEN"))
    assert set(evidence.detected_victims("west_africa")["area_id"]) <= set(areas.ids("west_africa"))
    # Of a study within a country, the country counts.
    assert set(evidence.detected_victims("turkiye")["area_id"]) == {"TUR"}


def test_a_place_that_exists_without_figures_has_a_table_with_the_columns_of_the_others():
    # France is no area of any study, and UNODC's table here holds the studies' countries alone.
    for ask in (evidence.detected_victims, evidence.facts, evidence.tiers, evidence.prevalence):
        nothing, all_of_them = ask("FRA"), ask()
        assert nothing.empty and list(nothing) == list(all_of_them)
    assert evidence.facts("TRC1", "child_labour_rate_5_17").columns.tolist() == evidence.facts().columns.tolist()


def test_an_indicator_that_does_not_exist_is_refused_with_the_nearest():
    with pytest.raises(indicators.UnknownIndicator, match="syrians_temporary_protection") as refusal:
        evidence.facts("TR-27", "syrian_temporary_protection")
    assert refusal.value.code == "unknown_indicator"
    with refused(indicators.UnknownIndicator, "unknown_indicator"):
        evidence.prevalence("GHA", "child_traficking")
    # One that exists, of a place that has none of it.
    assert evidence.facts("SEN", "syrians_temporary_protection").empty


def test_a_study_that_does_not_exist_is_refused():
    with refused(areas.UnknownArea, "unknown_area"):
        evidence.facts(study="atlantis")
