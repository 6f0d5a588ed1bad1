"""A small and usual call of every public function of the method packages, to be spoiled an argument at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from captures import histories
from stops import on

import capture_recapture as recapture
import disclosure
import journeys as ways
import survey_stats as survey
import trends
from analysis.methods import clustering, comparison, gravity, origin_destination, rates, sdg
from survey_stats import SurveyDesign


class Call(NamedTuple):
    function: Callable[..., Any]
    arguments: dict[str, Any]


YEARS = list(range(2008, 2020))
COUNTS = [12, 15, 11, 18, 22, 19, 25, 31, 28, 35, 33, 41]
SERIES = pd.DataFrame({"period": YEARS, "count": COUNTS})
RATES = SERIES.assign(population=1_000_000)
MONTHS = pd.DataFrame(
    {"period": [2010 + month / 12 for month in range(96)], "count": [10 + month % 7 for month in range(96)]}
)
AREAS = pd.concat([SERIES.assign(area_id=f"A{number}", count=SERIES["count"] + 3 * number) for number in range(6)])
LISTS = histories({"100": 60, "010": 70, "001": 50, "110": 20, "101": 15, "011": 18, "111": 6})
STRATA = pd.concat([LISTS.assign(sex="f"), LISTS.assign(sex="m")], ignore_index=True)
TWO = histories({"10": 40, "01": 30, "11": 12})
LINKAGES = pd.concat([LISTS.assign(draw=1), LISTS.assign(draw=2)], ignore_index=True)
ESTIMATES = pd.DataFrame({"n": [100, 102, 98], "estimate": [200.0, 220.0, 210.0], "standard_error": [0.2, 0.21, 0.19]})
RECORDS = pd.DataFrame({"record_id": ["a", "b", "c", "d"], "list": ["A", "B", "A", "B"]})
LINKS = pd.DataFrame({"record_id_l": ["a", "c"], "record_id_r": ["b", "d"], "match_probability": [0.9, 0.5]})
KNOWS = pd.DataFrame({"teachers": [1, 2, 0, 3, 1, 2], "nurses": [0, 1, 1, 2, 0, 1], "hidden": [0, 1, 0, 0, 1, 0]})
RECRUITED = pd.DataFrame(
    {
        "id": list("abcdef"),
        "recruiter": [None, "a", "a", "b", "c", "d"],
        "sick": list("yynnyn"),
        "knows": [3, 4, 2, 5, 3, 4],
    }
)
STOPS = on(*["A>B>C", "A>D>C", "B>C"] * 10)
STOPS["period"] = np.where(STOPS["journey_id"].str[-1].isin(list("02468")), "early", "late")
rng = np.random.default_rng(7)
PEOPLE = pd.DataFrame(
    {
        "age": rng.integers(18, 60, 60).astype(float),
        "debt": rng.normal(100, 20, 60),
        "forced": (rng.random(60) < 0.4).astype(int),
        "sex": np.where(rng.random(60) < 0.5, "f", "m"),
        "region": np.repeat(["n", "s"], 30),
        "village": np.repeat(np.arange(12), 5),
        "weight": rng.uniform(50, 150, 60),
    }
)
DESIGN = SurveyDesign(PEOPLE, "weight", stratum="region", psu="village")
PROVINCES = pd.DataFrame(
    {
        "area": list("abcdefghij"),
        "estimate": [0.3, 0.12, 0.2, 0.05, 0.38, 0.25, 0.11, 0.3, 0.42, 0.06],
        "standard_error": [0.02, 0.03, 0.02, 0.04, 0.02, 0.03, 0.02, 0.05, 0.03, 0.02],
        "poverty": [0.3, 0.35, 0.5, 0.4, 0.45, 0.6, 0.3, 0.65, 0.5, 0.4],
    }
)
TABLES = {"by_sex": pd.DataFrame({"area": ["A", "A", "B", "B"], "sex": list("fmfm"), "count": [30, 5, 40, 20]})}
CASES = pd.DataFrame({"area_id": list("abcd"), "count": [12, 5, 30, 8]})
INHABITANTS = pd.DataFrame({"area_id": list("abcd"), "population": [100_000.0, 80_000, 250_000, 60_000]})
BOTH = CASES.merge(INHABITANTS)
SQUARE = pd.DataFrame({"area_id": list("abcd"), "neighbour_id": list("badc"), "how": "contiguous"})
AGES = pd.DataFrame(
    {
        "area_id": ["a", "a", "b", "b"],
        "age": ["0-17", "18+"] * 2,
        "count": [4, 9, 3, 8],
        "population": [1000.0, 3000, 900, 2500],
    }
)
STANDARD = pd.DataFrame({"age": ["0-17", "18+"], "population": [400.0, 600.0]})
PLACES = pd.DataFrame(
    {
        "id": list("ABCDEF"),
        "population": [20e6, 1.3e6, 1.7e6, 0.5e6, 2.6e6, 0.8e6],
        "lon": [0.0, 4, -5, -9, 8, 2],
        "lat": [10.0, 6, 17, 12, 9, 14],
    }
)
PERSONS = [31, 14, 3, 52, 20, 40, 0, 1, 4, 2, 9, 1, 6, 0, 3, 2, 0, 8, 0, 1, 77, 5, 2, 0, 3, 24, 3, 1, 0, 12]
FLOWS = pd.DataFrame(
    [(one, other) for one in "ABCDEF" for other in "ABCDEF" if one != other], columns=["origin", "destination"]
).assign(persons=PERSONS)
SQUARES = pd.DataFrame({"area_id": [f"s{number}" for number in range(10)], "value": [1.0, 2, 3, 4, 6, 5, 8, 9, 7, 12]})
CHAIN = pd.DataFrame(
    {"area_id": SQUARES["area_id"][:-1], "neighbour_id": SQUARES["area_id"][1:].to_numpy(), "how": "link"}
)
CHAIN = pd.concat([CHAIN, CHAIN.rename(columns={"area_id": "neighbour_id", "neighbour_id": "area_id"})])
VICTIMS = pd.DataFrame(
    [("XX", 2020, "all", "all", "all", 60.0, 60.0, "exact", "S")],
    columns=["area_id", "year", "form", "sex", "age", "low", "high", "value_qualifier", "source_id"],
)
RESIDENTS = pd.DataFrame([{"area_id": "XX", "year": 2020, "population": 1e6, "source_id": "P"}])
TOTALS = pd.DataFrame([{"area_id": "XX", "year": 2020, "low": 100.0, "high": 300.0}])
EVENTS = pd.DataFrame(
    [
        (year, delay, count)
        for year in range(2000, 2018)
        for delay, count in ((0, 18), (1, 6), (2, 1))
        if year + delay <= 2017
    ],
    columns=["event", "delay", "count"],
)
DATES = pd.DataFrame({"event": pd.date_range("2019-01-05", periods=120, freq="12D")})
DATES["reported"] = DATES["event"] + pd.to_timedelta([5 + 11 * (number % 9) for number in range(120)], unit="D")
WINDOWS = pd.DataFrame({"date_low": ["2019-05-01", "2020-02-03"], "date_high": ["2019-06-01", "2020-03-05"]})

CALLS: dict[str, Call] = {
    "chao_lower_bound": Call(recapture.chao_lower_bound, {"histories": LISTS}),
    "chapman": Call(recapture.chapman, {"histories": TWO, "odds_ratios": (0.5, 2)}),
    "combine_estimates": Call(recapture.combine_estimates, {"estimates": ESTIMATES}),
    "drawn_linkages": Call(recapture.drawn_linkages, {"pairs": LINKS, "records": RECORDS, "draws": 3, "seed": 1}),
    "heterogeneity": Call(recapture.heterogeneity, {"histories": LISTS, "models": ["Mth Chao"]}),
    "heterogeneity_rows": Call(recapture.heterogeneity_rows, {"histories": LISTS, "models": ["Mth Chao"]}),
    "highest_order": Call(recapture.highest_order, {"histories": LISTS, "odds_ratios": (0.5, 1.0), "replicates": 0}),
    "joint": Call(recapture.joint, {"histories": STRATA, "by": "sex", "replicates": 2}),
    "latent_classes": Call(
        recapture.latent_classes, {"histories": LISTS, "draws": 20, "chains": 2, "burn_in": 5, "most_rhat": 100.0}
    ),
    "method_table": Call(
        recapture.method_table,
        {"histories": LISTS, "methods": ["all lists independent"], "thresholds": (0.02,), "replicates": 2},
    ),
    "model_average": Call(recapture.model_average, {"histories": LISTS}),
    "model_status": Call(recapture.model_status, {"histories": LISTS, "terms": [("A", "B")]}),
    "multiple_systems": Call(recapture.multiple_systems, {"histories": LISTS, "replicates": 2}),
    "network_scale_up": Call(
        recapture.network_scale_up,
        {
            "respondents": KNOWS,
            "total_population": 1e6,
            "known": {"teachers": 20_000.0, "nurses": 10_000.0},
            "replicates": 20,
        },
    ),
    "rds_ii": Call(recapture.rds_ii, {"data": RECRUITED, "outcome": "sick", "degree": "knows", "replicates": 20}),
    "gile_ss": Call(
        recapture.gile_ss, {"data": RECRUITED, "outcome": "sick", "degree": "knows", "population": 40, "draws": 9}
    ),
    "stratified": Call(recapture.stratified, {"histories": STRATA, "by": "sex", "replicates": 2}),
    "linkage_histories": Call(
        recapture.linkage_histories,
        {"linkages": pd.DataFrame({"draw": 1, "record_id": list("ab"), "list": list("AB"), "person": list("ab")})},
    ),
    "robustness": Call(recapture.robustness, {"histories": LISTS, "thresholds": (0.02,), "replicates": 2}),
    "robustness_over_linkages": Call(
        recapture.robustness_over_linkages,
        {"draws": LINKAGES, "methods": ["all lists independent"], "thresholds": (0.02,), "replicates": 2},
    ),
    "aberrations": Call(trends.aberrations, {"series": MONTHS, "frequency": 12}),
    "agreement": Call(trends.agreement, {"series": {"police": SERIES}}),
    "completeness": Call(trends.completeness, {"records": DATES, "when": "2022-12-31"}),
    "count_trend": Call(trends.count_trend, {"series": RATES}),
    "draw_counts": Call(trends.draw_counts, {"series": SERIES, "draws": 2}),
    "flag_last_period": Call(trends.flag_last_period, {"series": SERIES}),
    "interrupted": Call(trends.interrupted, {"series": RATES, "at": 2014}),
    "joinpoint": Call(trends.joinpoint, {"series": RATES, "max_joinpoints": 1, "permutations": 99}),
    "joinpoint_counts": Call(trends.joinpoint_counts, {"series": RATES, "max_joinpoints": 1, "selection": "bic"}),
    "level_breaks": Call(trends.level_breaks, {"series": MONTHS, "permutations": 3}),
    "mann_kendall": Call(
        trends.mann_kendall, {"values": COUNTS, "periods": YEARS, "correction": "hamed_rao", "lags": 3}
    ),
    "most_joinpoints": Call(trends.most_joinpoints, {"n": 20}),
    "nowcast": Call(trends.nowcast, {"reports": EVENTS, "unit": "Y"}),
    "period_bounds": Call(trends.period_bounds, {"records": WINDOWS}),
    "pool_areas": Call(trends.pool_areas, {"series": AREAS}),
    "change": Call(ways.change, {"stops": STOPS, "periods": ["early", "late"], "replicates": 199}),
    "concentration": Call(ways.concentration, {"stops": STOPS, "replicates": 20}),
    "corridors": Call(ways.corridors, {"stops": STOPS}),
    "crossings": Call(ways.crossings, {"stops": STOPS}),
    "flows": Call(ways.flows, {"stops": STOPS}),
    "fullest": Call(ways.fullest, {"stops": STOPS}),
    "journey_paths": Call(ways.journey_paths, {"stops": STOPS}),
    "journeys": Call(ways.journeys, {"stops": STOPS}),
    "legs": Call(ways.legs, {"stops": STOPS}),
    "missing_transit_sensitivity": Call(ways.missing_transit_sensitivity, {"stops": STOPS, "imputations": 20}),
    "node_balance": Call(ways.node_balance, {"stops": STOPS}),
    "steps": Call(ways.steps, {"stops": STOPS}),
    "transit": Call(ways.transit, {"stops": STOPS}),
    "SurveyDesign": Call(SurveyDesign, {"data": PEOPLE, "weight": "weight", "stratum": "region", "psu": "village"}),
    "SurveyDesign.mean": Call(DESIGN.mean, {"variables": "debt"}),
    "SurveyDesign.total": Call(DESIGN.total, {"variables": "debt"}),
    "SurveyDesign.ratio": Call(DESIGN.ratio, {"numerator": "debt", "denominator": "age"}),
    "SurveyDesign.proportion": Call(DESIGN.proportion, {"variables": "forced"}),
    "SurveyDesign.quantile": Call(DESIGN.quantile, {"variable": "debt", "probabilities": 0.5}),
    "rake": Call(
        lambda margin, **options: survey.rake(DESIGN, margin, **options),
        {
            "margin": pd.DataFrame({"sex": ["f", "m"], "population": [3000.0, 3100.0]}),
            "tolerance": 1e-4,
            "iterations": 100,
        },
    ),
    "post_stratify": Call(
        survey.post_stratify,
        {"design": DESIGN, "totals": pd.DataFrame({"sex": ["f", "m"], "population": [3000.0, 3100.0]})},
    ),
    "contingency_table": Call(survey.contingency_table, {"design": DESIGN, "rows": "sex", "columns": "forced"}),
    "crude_and_adjusted": Call(survey.crude_and_adjusted, {"design": DESIGN, "outcome": "forced", "factors": ["age"]}),
    "logistic_regression": Call(
        survey.logistic_regression, {"design": DESIGN, "outcome": "forced", "covariates": "age"}
    ),
    "regression": Call(survey.regression, {"design": DESIGN, "outcome": "debt", "covariates": "age"}),
    "firth_logistic": Call(survey.firth_logistic, {"data": PEOPLE, "outcome": "forced", "covariates": "age"}),
    "item_nonresponse": Call(survey.item_nonresponse, {"design": DESIGN, "outcomes": "forced", "by": "region"}),
    "fay_herriot": Call(survey.fay_herriot, {"areas": PROVINCES, "covariates": "poverty"}),
    "replicate_weights": Call(survey.replicate_weights, {"design": DESIGN}),
    "proportion_limits": Call(
        survey.proportion_limits, {"proportion": 0.2, "standard_error": 0.03, "n": 100, "degrees_of_freedom": 20}
    ),
    "adjustment": Call(disclosure.adjustment, {"k": 11}),
    "audit": Call(disclosure.audit, {"tables": TABLES, "k": 11}),
    "protect": Call(disclosure.protect, {"tables": TABLES, "k": 11}),
    "protection": Call(disclosure.protection, {"tables": TABLES, "k": 11}),
    "audit_changes": Call(
        disclosure.audit_changes,
        {
            "releases": [disclosure.protect(TABLES, 11, method="cell_key", secret=b"0" * 32)],
            "secret": b"0" * 32,
            "k": 11,
        },
    ),
    "came_or_went": Call(disclosure.came_or_went, {"tables": TABLES, "releases": [TABLES], "k": 11}),
    "estimate_is_releasable": Call(disclosure.estimate_is_releasable, {"n": 100, "parameters": 3, "k": 11}),
    "stacked": Call(disclosure.stacked, {"tables": TABLES}),
    "unstacked": Call(disclosure.unstacked, {"table": disclosure.stacked(TABLES)}),
    "rate_table": Call(rates.rate_table, {"cases": CASES, "population": INHABITANTS}),
    "by_area": Call(rates.by_area, {"table": BOTH}),
    "standardised_rate": Call(rates.standardised_rate, {"table": AGES, "standard": STANDARD}),
    "rank_intervals": Call(comparison.rank_intervals, {"table": BOTH}),
    "control_limits": Call(comparison.control_limits, {"expected": [4.0, 9.0]}),
    "overall_rate": Call(comparison.overall_rate, {"table": BOTH}),
    "funnel_limits": Call(comparison.funnel_limits, {"table": BOTH}),
    "smooth_rates": Call(comparison.smooth_rates, {"table": BOTH, "method": "local", "neighbours": SQUARE}),
    "gravity": Call(gravity.gravity, {"flows": FLOWS, "places": PLACES}),
    "spatial_clustering": Call(
        clustering.spatial_clustering, {"values": SQUARES, "neighbours": CHAIN, "permutations": 99}
    ),
    "indicator_16_2_2": Call(sdg.indicator_16_2_2, {"victims": VICTIMS, "population": RESIDENTS, "estimated": TOTALS}),
    "top_corridors": Call(
        origin_destination.top_corridors,
        {"matrix": pd.DataFrame({"origin": ["A"], "destination": ["B"], "low": [3.0], "high": [3.0]}), "n": 3},
    ),
}
