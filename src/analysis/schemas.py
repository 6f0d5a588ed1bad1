"""What each table of ``data/raw`` must look like (pandera). A column that a schema does not name is refused."""

from __future__ import annotations

import pandas as pd

# pandera loads this with the first table it checks, and Hypothesis with it: a third of a second. Named here, it is
# among the libraries that a warm process has loaded before it forks a kernel.
import pandera.backends.pandas.builtin_checks  # noqa: F401
import pandera.pandas as pa

# ISO 3166 (SEN, TR-27, GH-AA), or a project's own code that begins with a country's (CPV-SAL).
AREA_ID = r"^([A-Z]{3}|[A-Z]{2,3}-[A-Z0-9]{1,16})$"
# A fact can also be of a NUTS-2 region of Türkiye (TRC1) or of two provinces together (TR-01+TR-33).
FACT_AREA_ID = r"^([A-Z]{3}|[A-Z]{2,3}-[A-Z0-9]{1,16}(\+[A-Z]{2,3}-[A-Z0-9]{1,16})*|TR[1-9A-C]\d)$"
# A study names folders; a level is a word or two in the singular ("region", "island group").
STUDY = r"^[a-z][a-z0-9_]{1,19}$"
LEVEL = r"^[a-z][a-z ]{1,29}$"
ISO3 = r"^[A-Z]{3}$"
# A published estimate can be of a region, or of a place that is no area of ours: then it has no id.
ESTIMATE_AREA_ID = f"(^$|{AREA_ID})"
# Ids of the bibliography; the derived one joins its parts by a plus.
SOURCE_ID = r"^[A-Za-z][A-Za-z0-9_.+-]*$"
# A country's code, or a region named in words ("West Africa").
ROUTE_END = r"^([A-Z]{3}|[A-Z][A-Za-z ]+|neighbouring countries|unknown)$"
WORD = r"^[a-z][A-Za-z0-9_]*$"
# An indicator of the framework of referral mechanisms.
INDICATOR_ID = r"^[A-I][1-9]$"
INDICATORS = r"^(none|[A-I][1-9](;[A-I][1-9])*)$"


def _text(pattern: str | None = None, **rules) -> pa.Column:
    checks = [pa.Check.str_matches(pattern)] if pattern else []
    return pa.Column(str, checks=checks, **rules)


def _one_of(*values: str) -> pa.Column:
    return pa.Column(str, pa.Check.isin(values))


def _whole(low: int, high: int, **rules) -> pa.Column:
    return pa.Column("Int64" if rules.get("nullable") else int, pa.Check.in_range(low, high), **rules)


def _date() -> pa.Column:
    return pa.Column("datetime64[ns]", nullable=True)


def _interval(*qualifiers: str) -> dict[str, pa.Column]:
    """A figure as printed, its bounds (no upper one for "at least"), and what kind of figure it is."""
    return {
        "value": _text(r"^(<5|\d+(\.\d+)?)$"),
        "low": pa.Column(float, pa.Check.ge(0)),
        "high": pa.Column(float, pa.Check.ge(0), nullable=True),
        "value_qualifier": _one_of(*qualifiers),
    }


def _dates(*more: str) -> dict[str, pa.Column]:
    """A date as printed, and the first and the last day it can mean."""
    kinds = ("day", "month", "quarter", "half-year", "year", "span", "school_year", "unknown")
    dates = {"date_low": _date(), "date_high": _date(), "date_precision": _one_of(*kinds)}
    return {name: _text() for name in more} | dates


def _ordered(low: str, high: str) -> pa.Check:
    rule = f"{low} is not after {high}" if "date" in low or "period" in low else f"{low} is not above {high}"
    return pa.Check(lambda table: (table[low] <= table[high]) | table[low].isna() | table[high].isna(), error=rule)


def _table(columns: dict[str, pa.Column], **rules) -> pa.DataFrameSchema:
    ends = (("low", "high"), ("date_low", "date_high"), ("period_start", "period_end"), ("age_low", "age_high"))
    checks = [_ordered(*pair) for pair in ends if set(pair) <= set(columns)]
    return pa.DataFrameSchema(columns, checks=checks, strict=True, coerce=True, **rules)


_SOURCE = {"source_id": _text(SOURCE_ID), "note": _text()}
_ANSWERS = ("yes", "partly", "no", "unknown")
# An empty bound is not known.
_BOUNDS = {"low": pa.Column(float, pa.Check.ge(0), nullable=True), "high": pa.Column(float, nullable=True)}
_FIGURE = {
    **_dates("date"),
    "date_inferred": pa.Column(bool),
    "indicator": _text(WORD),
    **_interval("exact", "below_5", "at_least", "approx"),
    "unit": _text(r"^[a-z][a-z ]*$"),
    "provenance": _one_of("read", "derived", "remembered"),
    "figure_status": _one_of("", "estimate", "preliminary", "definitive", "restated"),
    **_SOURCE,
}
_UNODC_PERSONS = {
    "sex": _one_of("all", "female", "male", "unknown"),
    "age": _one_of("all", "0-17", "18+", "unknown"),
    **_interval("exact", "below_5"),
    "source_id": _text(SOURCE_ID),
}


SCHEMAS: dict[str, pa.DataFrameSchema] = {
    "studies": _table(
        {
            "study": _text(STUDY, unique=True),
            "name": _text(r".+"),
            **{f"name_{language}": _text() for language in ("fr", "pt", "tr")},
            "title": _text(r".+"),
            "iso3": _text(r"^([A-Z]{3})?$"),
            "projection": _text(r"^\+proj=.+$"),
            **{name: _text(r".+") for name in ("boundaries", "layer", "key")},
            "joined_on": _one_of("area_id", "name_local", "pcode"),
            "background": _one_of("provinces", "municipalities", "world", "own"),
            "in_report": pa.Column(bool),
        }
    ),
    "indicators": _table(
        {
            "study": _text(STUDY),
            "indicator": _text(WORD),
            "words": _text(r".+"),
            "counts": _one_of("persons", "cases", "reports", "percent", "other"),
            "compared": pa.Column(bool),
            "over_time": pa.Column(bool),
            "limits": _text(r".+"),
        },
        unique=["study", "indicator"],
    ),
    "areas": _table(
        {
            "area_id": _text(AREA_ID),
            "study": _text(STUDY),
            "name": _text(r".+"),
            "name_local": _text(r".+"),
            "level": _text(LEVEL),
            "parent_id": _text(r"^([A-Z]{3})?$"),
            "iso3": _text(ISO3),
            "pcode": _text(r"^[A-Z0-9]{0,16}$"),
            "valid_from": _text(r"^(\d{4}-\d{2}-\d{2})?$"),
            "valid_to": _text(r"^(\d{4}-\d{2}-\d{2})?$"),
        },
        unique=["study", "area_id"],
    ),
    "places": _table(
        {
            "study": _text(STUDY),
            "place_id": _text(AREA_ID),
            "name": _text(r".+"),
            "name_local": _text(r".+"),
            "level": _text(LEVEL),
            "area_id": _text(),
            "code": _text(r"^([A-Z]{2})?$"),
        },
        unique=["study", "place_id"],
    ),
    "sources": _table(
        {
            "source_id": _text(SOURCE_ID, unique=True),
            "title": _text(r".+"),
            "publisher": _text(r".+"),
            "original_publisher": _text(),
            "read_as": _one_of("original", "copy", "quotation", "derived", "remembered", "unknown", "none"),
            "year": _text(r"^(\d{4}\??|various|unknown)$"),
            "url": _text(r"^(https?://\S+)?$"),
            "licence": _text(r".+"),
            "report": _one_of("", "TIP", "DOL", "summary"),
            "area_id": _text(r"^([A-Z]{3})?$"),
            "report_year": _whole(2000, 2100, nullable=True),
        }
    ),
    "official_counts": _table(
        {
            "area_id": _text(ISO3),
            "period_start": pa.Column("datetime64[ns]"),
            "period_end": pa.Column("datetime64[ns]"),
            "date_precision": _one_of("year", "april_to_march", "span"),
            "indicator": _text(WORD),
            "breakdown": _text(r".+"),
            **_interval("exact", "at_least", "approx"),
            **_SOURCE,
        }
    ),
    "figures_not_given": _table(
        {
            "area_id": _text(ISO3),
            "report": _one_of("TIP", "DOL"),
            "report_year": _whole(2000, 2100),
            "indicator": _text(WORD),
            **_SOURCE,
        },
        unique=["area_id", "report", "report_year", "indicator"],
    ),
    "prevalence_estimates": _table(
        {
            "estimate_id": _text(r"^PV\d{4}$", unique=True),
            "area_id": _text(ESTIMATE_AREA_ID),
            "place": _text(),
            "population_group": _text(r".+"),
            "age_low": _whole(0, 120, nullable=True),
            "age_high": _whole(0, 120, nullable=True),
            "sex": _one_of("both", "female", "male"),
            "concept": _text(WORD),
            "definition": _text(r".+"),
            "measure": _one_of("percent", "per_1000", "persons"),
            "value": _text(r"^(\d+(\.\d+)?)?$"),
            "low": pa.Column(float, pa.Check.ge(0)),
            "high": pa.Column(float, pa.Check.ge(0), nullable=True),
            "value_qualifier": _one_of("exact", "at_least", "at_most", "approx", "range"),
            "n": _text(),
            "method": _text(r".+"),
            "period_start": _date(),
            "period_end": _date(),
            "study": _text(r".+"),
            "peer_reviewed": _one_of("yes", "no", "unknown"),
            "modelled": _one_of("yes", "no"),
            "source_id": _text(SOURCE_ID),
            "read_from": _one_of("original", "copy"),
            "locator": _text(r".+"),
            "note": _text(),
        }
    ),
    "unodc_detected_victims": _table(
        {"area_id": _text(ISO3), "year": _whole(2000, 2100), **_UNODC_PERSONS}, unique=["area_id", "year", "sex", "age"]
    ),
    "unodc_forms_of_exploitation": _table(
        {
            "area_id": _text(ISO3),
            "year": _whole(2000, 2100),
            "form": _one_of("forced_labour", "sexual_exploitation", "other"),
            **_UNODC_PERSONS,
        }
    ),
    "unodc_citizenship_flows": _table(
        {
            "citizenship": _text(ISO3),
            "detected_in": _text(ISO3),
            "year": _whole(2000, 2100),
            **_interval("exact", "below_5"),
            "source_id": _text(SOURCE_ID),
        },
        unique=["citizenship", "detected_in", "year"],
    ),
    "route_mentions": _table(
        {
            "mention_id": _whole(1, 10**9),
            "report_year": _whole(2000, 2100),
            "reporting_country": _text(ISO3),
            "origin": _text(ROUTE_END),
            "origin_place": _text(),
            "transit": _text(),
            "destination": _text(ROUTE_END),
            "destination_place": _text(),
            "victims": _text(r"^[a-z;]+$"),
            "form": _text(r"^[a-z_;]+$"),
            "cross_border": _one_of("yes", "no"),
            **_SOURCE,
        }
    ),
    "referral_indicators": _table(
        {
            "area_id": _text(ISO3),
            "report_year": _whole(2000, 2100),
            "indicator": _text(WORD),
            "answer": _one_of(*_ANSWERS),
            **_SOURCE,
        }
    ),
    "suggested_actions": _table(
        {
            "area_id": _text(ISO3),
            "report_year": _whole(2000, 2100),
            "action_id": _text(r"^[A-Z]{3}-\d{4}-\d{2,3}$", unique=True),
            "section": _one_of(
                "legal_framework", "enforcement", "coordination", "government_policies", "social_programs"
            ),
            "action": _text(r"^\S.*\S$"),
            "first_year": _whole(2000, 2100, nullable=True),
            "last_year": _whole(2000, 2100, nullable=True),
            "source_id": _text(SOURCE_ID),
        }
    ),
    "child_labour_law": _table(
        {
            "area_id": _text(ISO3),
            "report_year": _whole(2000, 2100),
            "indicator": _text(WORD),
            "answer": _one_of("yes", "no", "unknown", "figure", "not applicable"),
            "value": _text(),
            "low": pa.Column(float, pa.Check.in_range(0, 10**5), nullable=True),
            "high": pa.Column(float, pa.Check.in_range(0, 10**5), nullable=True),
            "unit": _one_of("years", "investigations", "prosecutions", "convictions", ""),
            **_SOURCE,
        },
        unique=["area_id", "report_year", "indicator"],
    ),
    "agreements": _table(
        {
            "agreement_id": _text(r"^A\d{2}$"),
            "name": _text(r".+"),
            "kind": _one_of("bilateral", "multilateral", "regional"),
            "party": _text(ISO3),
            **_dates("signed"),
            "in_force": _one_of(*_ANSWERS),
            "subject": _text(r".+"),
            "has_referral_clause": _one_of(*_ANSWERS),
            "victim_care_or_return_reported": _one_of(*_ANSWERS),
            **_SOURCE,
        },
        unique=["agreement_id", "party"],
    ),
    "treaties": _table(
        {
            "area_id": _text(ISO3),
            "treaty": _text(r".+"),
            "status": _one_of("bound", "signed", "none", "unknown"),
            **_dates("date"),
            **_SOURCE,
        },
        unique=["area_id", "treaty"],
    ),
    "nrm_framework": _table(
        {
            "indicator_id": _text(INDICATOR_ID, unique=True),
            "dimension_id": _text(r"^[A-I]$"),
            "dimension": _text(r".+"),
            "indicator": _text(r".+"),
            "short": _text(r"^.{3,34}$", unique=True),
            "answer_scale": _text(r".+"),
            "scale": _one_of("level", "answer", "count", "share", "measure"),
            "top": pa.Column(float, pa.Check.gt(0), nullable=True),
            "parts": _text(),
            "combine": _one_of("", "sum", "weakest"),
            "aspect": _one_of("law", "policy", "practice", "data"),
            "treaty": _text(),
            "article": _text(),
            "closed_by": _text(r".+"),
            "source_framework": _text(r".+"),
        }
    ),
    "nrm_crosswalk": _table(
        {
            "indicator_id": _text(INDICATOR_ID),
            "part": _text(),
            "coded_indicator": _text(WORD),
            "answer": _one_of("yes", "partly", "no"),
            **_BOUNDS,
            "missing": _text(),
            "obliged": _one_of("yes", "no"),
            "reason": _text(r".+"),
        },
        unique=["indicator_id", "part", "coded_indicator", "answer"],
    ),
    "nrm_readings": _table(
        {
            "area_id": _text(ISO3),
            "indicator_id": _text(INDICATOR_ID),
            "part": _text(),
            "report_year": _whole(2000, 2100),
            **_BOUNDS,
            "missing": _text(),
            "source_id": _text(SOURCE_ID),
            "reason": _text(r".+"),
        },
        unique=["area_id", "indicator_id", "part", "report_year", "source_id"],
    ),
    "nrm_second_readings": _table(
        {
            "area_id": _text(ISO3),
            "indicator_id": _text(INDICATOR_ID),
            "part": _text(),
            "report_year": _whole(2000, 2100),
            "source_id": _text(SOURCE_ID),
            **{f"first_{name}": rule for name, rule in _BOUNDS.items()},
            **{f"second_{name}": rule for name, rule in _BOUNDS.items()},
            "status": _one_of("coded", "nothing", "not reached"),
        },
        unique=["area_id", "indicator_id", "part", "report_year", "source_id"],
    ),
    "action_coding": _table(
        {
            "action_id": _text(r"^[A-Z]{3}-\d{4}-\d{2}$", unique=True),
            "first": _text(INDICATORS),
            "second": _text(INDICATORS),
            "settled": _text(INDICATORS),
        }
    ),
    "ecowas_members": _table(
        {
            "area_id": _text(ISO3, unique=True),
            "member": _one_of("yes", "no"),
            "until": _date(),
            **_SOURCE,
        }
    ),
    "regional_mechanism": _table(
        {**_dates("date"), "event": _text(r".+"), "body": _text(r".+"), "source_id": _text(SOURCE_ID)}
    ),
    "tiers": _table(
        {
            "area_id": _text(ISO3),
            "report_year": _whole(2000, 2100),
            "tier": _one_of("1", "2", "2WL", "3"),
            "confirmed_by": _text(),
            **_SOURCE,
        },
        unique=["area_id", "report_year"],
    ),
    "recheck": _table(
        {
            "check_round": _whole(1, 9),
            "file": _text(r".+"),
            "row_key": _text(r".+"),
            "source_id": _text(SOURCE_ID),
            "result": _one_of("right", "corrected", "not found again"),
            "how": _text(r".+"),
        }
    ),
    "population": _table(
        {
            "area_id": _text(AREA_ID),
            "name": _text(r".+"),
            "level": _text(LEVEL),
            **_FIGURE,
        },
        unique=["area_id", "name", "level", "date", "indicator", "value", "source_id"],
    ),
    "facts": _table({"area_id": _text(FACT_AREA_ID), **_FIGURE}),
    "turkiye_regions": _table(
        {
            "area_id": _text(r"^TR-\d{2}$", unique=True),
            "nuts2_id": _text(r"^TR[1-9A-C]\d$"),
            "nuts2_name": _text(r".+"),
            **_SOURCE,
        }
    ),
    "child_labour_benchmarks": _table(
        {
            "population": _text(r".+"),
            "measure": _text(WORD),
            "sex": _one_of("all", "female", "male"),
            "age_low": _whole(0, 17),
            "age_high": _whole(0, 17),
            **_interval("exact"),
            "unit": _one_of("persons", "percent"),
            **_dates("date"),
            **_SOURCE,
        }
    ),
    "true_totals": _table(
        {"area_id": _text(AREA_ID), "year": _whole(1900, 2100), "persons": _whole(0, 10**9)}, unique=["area_id", "year"]
    ),
    "true_trends": _table(
        {
            "area_id": _text(AREA_ID),
            "joinpoints": _whole(0, 5),
            "piece": _whole(1, 6),
            "first_year": _whole(1900, 2100),
            "last_year": _whole(1900, 2100),
            "apc": pa.Column(float, pa.Check.in_range(-100, 1000)),
        },
        unique=["area_id", "piece"],
    ),
    "true_corridors": _table(
        {
            "corridor": _whole(1, 10**4, unique=True),
            "nationality": _text(ISO3),
            "origin": _text(r"[A-Z][A-Z0-9-]+"),
            "transit": _text(r"[A-Z0-9>-]*"),
            "destination": _text(AREA_ID),
            "weight": pa.Column(float, pa.Check.in_range(0, 1)),
            "persons": _whole(0, 10**9),
        }
    ),
    "true_survey": _table(
        {
            "quantity": _one_of("children", "prevalence", "intercept", "odds_ratio"),
            "outcome": _text(r"[a-z0-9_=-]*"),
            "among": _text(r"[a-z0-9_=]*"),
            "domain": _text(r".+"),
            "term": _text(),
            "reference": _text(),
            "value": pa.Column(float),
            "how": _text(r".+"),
        },
        unique=["quantity", "outcome", "among", "domain", "term"],
    ),
    "ic_tip": _table(
        {
            "subject": _one_of("event", "victim", "perpetrator", "reporting entity"),
            "dimension": _text(WORD),
            "category": _text(r"^([a-z][a-z_]*)?$"),
            "within": _text(r"^([a-z][a-z_]*)?$"),
            "label": _text(r".+"),
            "standing": _one_of("standard", "description", "related text", "not read"),
            "source_id": _text(SOURCE_ID),
            "derived": _one_of("mapped", "partly", "not derivable"),
            "field": _text(r"^[a-z_]*$"),
            "code": _text(r"^[A-Za-z]*$"),
            "iccs": _text(r"^[0-9_]*$"),
            "glotip": _text(),
            "reason": _text(),
        },
        unique=["dimension", "category"],
    ),
    "ic_tip_sources": _table(
        {
            "source_id": _text(SOURCE_ID, unique=True),
            "title": _text(r".+"),
            "publisher": _text(r".+"),
            "year": _text(r"^([0-9]{4})?$"),
            "url": _text(r"^https://\S+$"),
            "part": _text(r".+"),
            "read_as": _text(r".+"),
        }
    ),
    "country_regions": _table(
        {
            "iso3": _text(ISO3, unique=True),
            "name": _text(r".+"),
            "subregion": _text(),
            "region": _text(),
            "source_id": _text(SOURCE_ID),
        }
    ),
}


def first_failure(file: str, failures: pd.DataFrame, with_value: bool = True) -> str:
    """One sentence on the first of the cells that break a schema, in the row numbers that a spreadsheet shows."""
    # A rule on a whole row is reported for all its columns, and as an error where a cell is no number: cells go first.
    failures = failures[failures["index"].notna()] if failures["index"].notna().any() else failures
    pairs = zip(failures["schema_context"], failures["column"], failures["check"], strict=True)
    own = [where == "Column" or str(column) in str(rule).split() for where, column, rule in pairs]
    broken = pd.Series(own, failures.index)
    failures = (failures[broken] if broken.any() else failures).drop_duplicates(["column", "index"])
    first = failures.iloc[0]
    column = first["column"] if pd.notna(first["column"]) else first["failure_case"]
    row = f"row {int(first['index']) + 2}, " if pd.notna(first["index"]) else ""
    more = f" ({len(failures) - 1} more cells fail.)" if len(failures) > 1 else ""
    value = f"the value {first['failure_case']!r}" if with_value else "a value"
    return f"{file}, {row}column '{column}': {value} breaks the rule {first['check']}.{more}"
