"""Answers on referral mechanisms of all countries, made once and cited alike; exhibits and findings read them."""

from __future__ import annotations

import datetime

import pandas as pd
from IPython.display import Markdown

from analysis import areas, bibliography, catalog, evidence, headlines, plots, preferred_values
from analysis import evidence_tables as tables
from analysis.areas import Area
from analysis.data_read import question, remembered
from analysis.exhibits.any_place import take_names
from analysis.exhibits.detection import SERIES, countries
from analysis.exhibits.exhibit import said
from analysis.findings import measures
from analysis.referral import answers as answering
from analysis.referral import coding_intake
from analysis.referral import gaps as gap_register
from analysis.referral import states as five
from analysis.referral.coding_sheet import NOT_APPLICABLE, assessed_study

# The last year that answers speak of, and how many years back one still counts: those of 2018 to 2025.
AS_OF, WITHIN = 2025, 8
VALIDATION = "ICMPD_WDAT_2023"
# What the evidence writes where there is no source.
NO_SOURCE = ("NOT_FOUND", "NOT_APPLICABLE")
NOT_NO = "Unknown is not no: it is left open, and counts neither for nor against a country."
JUDGED = "Answers are what reports and laws say, not what an inspection on the spot would find."


def rows_in(place: Area, table: pd.DataFrame, column: str = "area_id") -> pd.DataFrame:
    """Return the rows of `table` on the countries of `place`."""
    return table[table[column].isin(countries(place))].reset_index(drop=True)


def catalogued(place: Area, name: str) -> pd.DataFrame:
    """Return the rows of a catalogued table on the countries of `place`."""
    return tables.rows(name, tuple(countries(place)))


@remembered
def framework() -> pd.DataFrame:
    """Return the indicators: sixty of the standards, and after each those in the wording of reports beside it."""
    parts = [catalog.load(name) for name in ("nrm_framework", "nrm_reported")]
    return pd.concat(parts).sort_values("indicator_id", kind="stable", ignore_index=True)


@remembered
def names() -> dict[str, str]:
    """Return names of the countries by area_id, in their order."""
    table = areas.load(assessed_study()).sort_values("name", kind="stable")
    return dict(zip(table["area_id"], table["name"], strict=True))


@remembered
def area_ids() -> list[str]:
    """Return the ids of the countries of the study, in the order of their names."""
    return list(names())


@remembered
def coded_answers() -> pd.DataFrame:
    """Return answers of reports on the study's countries, with those that follow from the ages of the law, reviewed."""
    law = evidence.child_labour_law()
    said = law[law["answer"].isin(["yes", "no"])]
    columns = ["area_id", "report_year", "indicator", "answer", "source_id", "note"]
    parts = [catalog.load("referral_indicators"), answering.age_answers(law), said]
    table = pd.concat([part[columns] for part in parts], ignore_index=True)
    return answering.reviewed(table[table["area_id"].isin(area_ids())], catalog.load("nrm_answer_review"))


@remembered
def coding_sheets() -> dict[str, coding_intake.CodingAnswers]:
    """Return the codes of coders by the name of the catalogued coding sheet; empty where there is none."""
    entries = catalog.coding_sheets(assessed_study())
    return {
        entry.name: coding_intake.intake(
            catalog.opened(entry.name), catalog.load("nrm_framework"), last=datetime.date.fromisoformat(entry.date)
        )
        for entry in entries
    }


@remembered
def settled() -> pd.DataFrame:
    """Return the answers of coders, settled or left open: one row a coded country and indicator, with its last day."""
    parts = []
    for name, sheet in coding_sheets().items():
        days = sheet.codes.groupby(["area_id", "indicator_id"])["date"].max().rename("date")
        parts.append(sheet.agreed.join(days, on=["area_id", "indicator_id"]).assign(sheet=name, source_id=""))
    columns = ["area_id", "indicator_id", "low", "high", "status", "evidence", "date", "sheet", "source_id"]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    # A day that nobody wrote down is that of the framework's last year.
    return table.assign(date=pd.to_datetime(table["date"]).fillna(pd.Timestamp(AS_OF, 12, 31)))[columns]


@question
def all_readings() -> pd.DataFrame:
    """Return every reading of every indicator, of all years, as it stood at the end of a year."""
    crosswalk = catalog.load("nrm_crosswalk")
    regional, _ = _regional()
    parts = [
        answering.from_answers(coded_answers(), crosswalk),
        answering.from_hand(catalog.load("nrm_readings")),
        answering.from_coding(settled(), framework()),
        answering.treaty_readings(_treaties(), AS_OF),
        answering.unodc_readings(
            of_study("unodc_detected_victims"),
            of_study("unodc_forms_of_exploitation"),
            of_study("unodc_citizenship_flows", "detected_in"),
            area_ids(),
            int(catalog.load("unodc_detected_victims")["year"].max()),
        ),
        answering.rate_readings(_detected(), evidence.annual_population(area_ids()), AS_OF),
        answering.conviction_readings(headlines.table(area_ids(), ("convictions",))),
        regional,
    ]
    return pd.concat(parts, ignore_index=True)


@remembered
def _regional() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return readings on the regional mechanism, and the countries that cannot be asked about it."""
    return answering.regional_readings(catalog.load("ecowas_members"), AS_OF, VALIDATION)


def _detected() -> pd.DataFrame:
    """Return detected victims of each country by one source: UNODC where it has any year that counts, else reports."""
    table = evidence.detected_victims(area_ids())
    years = table["year"].between(AS_OF - WITHIN + 1, AS_OF)
    # A part that stands for a total is a minimum by which no rate and no share can be told.
    whole = table["high"].lt(float("inf")) | table["breakdown"].eq(preferred_values.TOTAL)
    table = table[table["preferred"] & years & whole & table["source"].isin(SERIES)]
    by_unodc = table["source"].eq("UNODC")
    covered = table["area_id"].isin(table.loc[by_unodc & table["measure"].eq("victims"), "area_id"])
    table = table[by_unodc | ~covered].sort_values("period_end", kind="stable")
    return table.drop_duplicates(["area_id", "year", "measure"], keep="last")


def _treaties() -> pd.DataFrame:
    """Return the statuses of treaties with the year of their page; a year with a question mark is an estimate."""
    table = of_study("treaties")
    years = catalog.load("sources").set_index("source_id")["year"].str.extract(r"^(\d{4})")[0].astype("Int64")
    return table.assign(read_in=table["source_id"].map(years).astype("Int64"))


def of_study(name: str, column: str = "area_id") -> pd.DataFrame:
    """Return the rows of a catalogued table on the countries of the study."""
    return tables.rows(name, tuple(area_ids()), column)


def window(as_of: int, within: int) -> str:
    """Return the years of which answers count, in words."""
    first = as_of - within + 1
    return f"Answers on {first} to {as_of}, the latest of each; years are those that a source speaks of."


def not_asked() -> pd.DataFrame:
    """Return the indicators that a country cannot be asked, with the reason: area_id, indicator_id, note."""
    _, outside = _regional()
    excused = settled().loc[settled()["status"] == NOT_APPLICABLE, ["area_id", "indicator_id"]]
    return pd.concat([outside, excused.assign(note="coders found that it does not apply")], ignore_index=True)


def described(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table of indicators with their dimension, short name, scale and aspect."""
    columns = ["indicator_id", "dimension_id", "dimension", "short", "scale", "aspect"]
    return table.merge(framework()[columns], on="indicator_id", validate="many_to_one")


def with_heads(scores: pd.DataFrame) -> pd.DataFrame:
    """Return scores of dimensions with the name of each."""
    heads = framework()[["dimension_id", "dimension"]].drop_duplicates()
    return scores.merge(heads, on="dimension_id", validate="many_to_one")


@remembered
def answers() -> pd.DataFrame:
    """Return the bounds of each indicator in each country, by the arguments that the notebook has in its cells."""
    latest = answering.latest(all_readings(), AS_OF, WITHIN)
    return described(answering.answers(latest, framework(), area_ids(), not_asked()))


def dated_states(known: pd.DataFrame, register: pd.DataFrame, absent: float = five.ABSENT) -> pd.DataFrame:
    """Return the state of each indicator that has a scale in each country, with the indicator's own columns.

    Parameters
    ----------
    known : answers, as `described` gives them. register : of `gaps.gaps`.
    absent : share of a scale up to which a thing counts as absent, as the register has it.

    Returns
    -------
    DataFrame as `states.states` gives it, with the columns of `described`, and period: the years that the evidence
    speaks of, of a gap that of the most severe evidence alone, the newest of it; "" where nothing was read.
    """
    keys = ["area_id", "indicator_id"]
    table = five.states(known, framework(), absent)
    rated = register[register["severity"].ne(gap_register.NOT_RATED)].assign(
        order=lambda rows: rows["severity"].map(gap_register.SEVERITIES.index)
    )
    decided = (
        rated.sort_values(["order", "year"], ascending=[True, False]).drop_duplicates(keys).set_index(keys)["year"]
    )
    year = decided.reindex(pd.MultiIndex.from_frame(table[keys])).set_axis(table.index)
    table = table.assign(first=year.fillna(table["first"]), last=year.fillna(table["last"]))
    table["period"] = [period(first, last) for first, last in zip(table["first"], table["last"], strict=True)]
    return described(table)


def period(first: float, last: float) -> str:
    """Return years as findings have them: "2021", "2019/2022"; "" where there are none."""
    if pd.isna(last):
        return ""
    return str(int(last)) if first == last else f"{int(first)}/{int(last)}"


def dated(period: str) -> str:
    """Return years in words: "2022", "2019–2022"; what is old says that it is the last known."""
    return measures.dated({"measure": "state", "status": "known", "period": period}) if period else ""


def sources(table: pd.DataFrame, column: str = "source_ids") -> tuple[str, ...]:
    """Return ids of the bibliography that the rows of a table name, each once."""
    split = [source for ids in table[column] for source in str(ids).split(";") if source]
    return tuple(dict.fromkeys(source for source in split if source not in NO_SOURCE))


def footer(table: pd.DataFrame, limits: str, n: str = "") -> plots.Footer:
    """Return the footer of a figure drawn from answers: their sources, their years, and how many are known."""
    years = table.loc[table["known"], "year"].dropna()
    period = f"{years.min()} to {years.max()}" if len(years) else "none"
    known = f"{int(table['known'].sum())} of {len(table)} answers known"
    return plots.Footer(bibliography.short_source(sources(table)), period, n or known, limits)


def states_known(states: pd.DataFrame) -> str:
    """Return how many states are known, of those of indicators that apply, in words for a footer."""
    asked = states[states["state"] != five.DOES_NOT_APPLY]
    return f"{int(asked['state'].ne(five.UNKNOWN).sum())} of {len(asked)} states known"


def limits_of(place: Area, states: pd.DataFrame, as_of: int) -> Markdown:
    """Return limits of the assessment of an area, a list in words; states as `dated_states` gives them."""
    table = rows_in(place, states)
    asked = table[table["state"] != five.DOES_NOT_APPLY]
    unknown = int(asked["state"].eq(five.UNKNOWN).sum())
    return said(
        f"""- **{unknown} of {len(asked)} answers are not known.** They were not found in what was read; that is no \
sign that a thing is missing. A coding sheet filled in by two people who know the country closes them: \
`python -m analysis form coding-sheet`.
- **Reports are not inspections.** Most answers are what US government reports say. They look at some questions \
every year and at others never; the State Department judges by the law of the United States, the Labor Department by \
conventions of the ILO.
- **A score is no measure of trafficking,** nor of how well victims fare: a mechanism on paper can fail, and help can \
work without one.
- **Countries are not compared by what is not known of them.** No order of countries is given where what is unknown \
could turn it round.
- **Detected, prosecuted and convicted are not the same persons.**
- **Days to referral** need case records with the dates of detection and referral; no list of these countries is \
catalogued. The page on case records measures them where there is one.
- **Answers are as of {as_of}.** Burkina Faso, Mali and Niger left ECOWAS on 29 January 2025: what is said of its \
mechanism held for them until then."""
    )


take_names(__name__)
