"""What the sections on referral mechanisms share: the answers of all countries, made once, and how they are cited;
and how far those who coded countries, reports and suggested actions agree.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import pandas as pd
from IPython.display import Markdown

from analysis import areas, bibliography, catalog, evidence, headlines, plots, preferred_values, texts
from analysis.areas import Area
from analysis.data_read import remembered
from analysis.exhibits.any_place import take_names
from analysis.exhibits.attempt import NoResult
from analysis.exhibits.detection import SERIES, countries
from analysis.exhibits.exhibit import Exhibit, said
from analysis.exhibits.table import Table, Words
from analysis.findings import measures
from analysis.referral import answers as answering
from analysis.referral import coding_intake, profiles
from analysis.referral import gaps as gap_register
from analysis.referral import states as five
from analysis.referral.coding_intake import STATUSES
from analysis.referral.coding_report import coder_pairs
from analysis.referral.coding_sheet import NOT_APPLICABLE
from bounded import intervals

TEXT = texts.of(__name__)

STUDY = "west_africa"
# The last year that answers speak of, and how many years back one still counts: those of 2018 to 2025.
AS_OF, WITHIN = 2025, 8
# The last year of UNODC's release.
LAST_RELEASED = 2022
VALIDATION = "ICMPD_WDAT_2023"
# What the evidence writes where there is no source.
NO_SOURCE = ("NOT_FOUND", "NOT_APPLICABLE")
NOT_NO = TEXT["not_no"]
JUDGED = TEXT["judged"]


def of(place: Area, table: pd.DataFrame, column: str = "area_id") -> pd.DataFrame:
    """The rows of `table` on the countries of `place`."""
    return table[table[column].isin(countries(place))].reset_index(drop=True)


@remembered
def framework() -> pd.DataFrame:
    """The indicators: sixty of the standards, and those in the wording of reports, each after the one it is beside."""
    parts = [catalog.load(name) for name in ("nrm_framework", "nrm_reported")]
    return pd.concat(parts).sort_values("indicator_id", kind="stable", ignore_index=True)


@remembered
def area_ids() -> list[str]:
    """The sixteen countries, in the order of their names."""
    table = areas.load(STUDY)
    return list(table.sort_values("name", kind="stable")["area_id"])


@remembered
def names() -> dict[str, str]:
    """Names of the countries by area_id."""
    return dict(areas.load(STUDY)[["area_id", "name"]].itertuples(index=False, name=None))


@remembered
def coded_answers() -> pd.DataFrame:
    """Answers of reports on the sixteen countries, with those that follow from the ages of the law, reviewed."""
    law = evidence.child_labour_law()
    said = law[law["answer"].isin(["yes", "no"])]
    columns = ["area_id", "report_year", "indicator", "answer", "source_id", "note"]
    parts = [catalog.load("referral_indicators"), answering.age_answers(law), said]
    table = pd.concat([part[columns] for part in parts], ignore_index=True)
    return answering.reviewed(table[table["area_id"].isin(area_ids())], catalog.load("nrm_answer_review"))


@remembered
def coding_sheets() -> dict[str, coding_intake.CodingAnswers]:
    """What coders made of a country, by the name of the catalogued coding sheet; empty where there is none."""
    entries = catalog.coding_sheets(STUDY)
    return {
        entry.name: coding_intake.intake(
            catalog.opened(entry.name), catalog.load("nrm_framework"), last=datetime.date.fromisoformat(entry.date)
        )
        for entry in entries
    }


@remembered
def settled() -> pd.DataFrame:
    """What coders settled on or left open: one row a country that was coded and an indicator, with its last day."""
    parts = []
    for name, sheet in coding_sheets().items():
        days = sheet.codes.groupby(["area_id", "indicator_id"])["date"].max().rename("date")
        parts.append(sheet.agreed.join(days, on=["area_id", "indicator_id"]).assign(sheet=name, source_id=""))
    columns = ["area_id", "indicator_id", "low", "high", "status", "evidence", "date", "sheet", "source_id"]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    # A day that nobody wrote down is that of the framework's last year.
    return table.assign(date=pd.to_datetime(table["date"]).fillna(pd.Timestamp(AS_OF, 12, 31)))[columns]


@remembered
def all_readings() -> pd.DataFrame:
    """Every reading of every indicator, of all years, as it stood at the end of a year."""
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
            LAST_RELEASED,
        ),
        answering.rate_readings(_detected(), evidence.annual_population(area_ids()), AS_OF),
        answering.conviction_readings(headlines.table(area_ids(), ("convictions",))),
        regional,
    ]
    return pd.concat(parts, ignore_index=True)


@remembered
def _regional() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Readings on the regional mechanism, and who cannot be asked about it."""
    return answering.regional_readings(catalog.load("ecowas_members"), AS_OF, VALIDATION)


def _detected() -> pd.DataFrame:
    """Detected victims of each country by one source: UNODC where it has any of the years that count, else reports."""
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
    """The statuses of treaties with the year of the page that says so; a year with a question mark is an estimate."""
    table = of_study("treaties")
    years = catalog.load("sources").set_index("source_id")["year"].str.extract(r"^(\d{4})")[0].astype("Int64")
    return table.assign(read_in=table["source_id"].map(years).astype("Int64"))


def of_study(name: str, column: str = "area_id") -> pd.DataFrame:
    """The rows of a catalogued table on the sixteen countries."""
    table = catalog.load(name)
    return table[table[column].isin(area_ids())]


def window(as_of: int, within: int) -> str:
    """Of which years answers count, in words."""
    return TEXT["window"].format(first=as_of - within + 1, as_of=as_of)


def not_asked() -> pd.DataFrame:
    """What a country cannot be asked, with the reason: area_id, indicator_id, note."""
    _, outside = _regional()
    excused = settled().loc[settled()["status"] == NOT_APPLICABLE, ["area_id", "indicator_id"]]
    return pd.concat([outside, excused.assign(note=TEXT["answers_note"])], ignore_index=True)


def described(table: pd.DataFrame) -> pd.DataFrame:
    """A table of indicators with their dimension, short name, scale and aspect."""
    columns = ["indicator_id", "dimension_id", "dimension", "short", "scale", "aspect"]
    return table.merge(framework()[columns], on="indicator_id", validate="many_to_one")


def with_heads(scores: pd.DataFrame) -> pd.DataFrame:
    """Scores of dimensions with the name of each."""
    heads = framework()[["dimension_id", "dimension"]].drop_duplicates()
    return scores.merge(heads, on="dimension_id", validate="many_to_one")


# What findings, coding sheets and other programs ask for, by the arguments that the notebook has in its cells.


@remembered
def latest() -> pd.DataFrame:
    """Of each question its latest reading."""
    return answering.latest(all_readings(), AS_OF, WITHIN)


@remembered
def answers() -> pd.DataFrame:
    """What is known of each indicator in each country, with the indicator's own columns beside it."""
    return described(answering.answers(latest(), framework(), area_ids(), not_asked()))


def dated_states(known: pd.DataFrame, register: pd.DataFrame) -> pd.DataFrame:
    """The state of each indicator that has a scale in each country, with the indicator's own columns beside it.

    Parameters
    ----------
    known : answers, as `described` gives them. register : of `gaps.gaps`.

    Returns
    -------
    DataFrame as `states.states` gives it, with the columns of `described`, and period: the years that the evidence
    speaks of, of a gap that of the gravest evidence alone, the newest of it; "" where nothing was read.
    """
    keys = ["area_id", "indicator_id"]
    table = five.states(known, framework())
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


@remembered
def states() -> pd.DataFrame:
    """The state of each indicator that has a scale, in each country."""
    return dated_states(answers(), register())


def period(first: float, last: float) -> str:
    """Years as findings have them: "2021", "2019/2022"; "" where there are none."""
    if pd.isna(last):
        return ""
    return str(int(last)) if first == last else f"{int(first)}/{int(last)}"


def dated(period: str) -> str:
    """Years in words: "2022", "2019–2022"; what is old says that it is the last known."""
    return measures.dated({"measure": "state", "status": "known", "period": period}) if period else ""


@remembered
def scored() -> pd.DataFrame:
    """The answers that have a scale and apply, as scores of 0 to 1."""
    return answering.scored(answers())


@remembered
def dimensions() -> pd.DataFrame:
    """Profiles of all countries: one row a country and dimension."""
    return with_heads(profiles.profile(scored(), ["area_id", "dimension_id"]))


@remembered
def register() -> pd.DataFrame:
    """The gap register of all countries."""
    return gap_register.gaps(latest(), all_readings(), answers(), framework(), of_study("treaties"))


def sources(table: pd.DataFrame, column: str = "source_ids") -> tuple[str, ...]:
    """Ids of the bibliography that the rows of a table name, each once."""
    split = [source for ids in table[column] for source in str(ids).split(";") if source]
    return tuple(dict.fromkeys(source for source in split if source not in NO_SOURCE))


def footer(table: pd.DataFrame, limits: str, n: str = "") -> plots.Footer:
    """The footer of a figure drawn from answers: their sources, their years, and how many are known."""
    years = table.loc[table["known"], "year"].dropna()
    period = f"{years.min()} to {years.max()}" if len(years) else "none"
    known = TEXT["footer_known"].format(known=int(table["known"].sum()), answers=len(table))
    return plots.Footer(bibliography.short_source(sources(table)), period, n or known, limits)


def _own(place: Area) -> dict:
    """The coding sheets of the countries of `place`."""
    found = coding_sheets()
    return {name: sheet for name, sheet in found.items() if place.is_study or place.area_id in sheet.area_ids}


def sheets_section(place: Area) -> Exhibit:
    """What coders settled on, country by country."""
    table = of(place, settled())
    title = TEXT["sheets_title"].format(place=place.name)
    if table.empty:
        return Exhibit("referral_sheets", title, pd.DataFrame(), (), TEXT["without"].format(name=place.name))
    counts = table.groupby(["area_id", "status"]).size().unstack(fill_value=0).reindex(columns=STATUSES, fill_value=0)
    columns = {status: f"answers_{status.replace(' ', '_')}" for status in STATUSES}
    counts = counts.rename(columns=columns).reset_index().rename_axis(columns=None)
    counts = counts.assign(name=counts["area_id"].map(names()))
    return Exhibit(
        "referral_sheets",
        title,
        Table(counts, {"Country": "name"} | columns, also=("area_id",)),
        (),
        TEXT["where_coders_disagree_all"],
        citations=tuple(catalog.dataset(name).title for name in _own(place)),
    )


def pairs_of_coders(place: Area) -> pd.DataFrame:
    """What the two coders of each country coded: item, first, second, scale; empty where there is no coding sheet."""
    parts = [coder_pairs(sheet) for sheet in _own(place).values()]
    if not parts:
        return pd.DataFrame(columns=["item", "first", "second", "scale"])
    pairs = pd.concat(parts, ignore_index=True)
    pairs = pairs if place.is_study else pairs[pairs["area_id"] == place.area_id]
    return pairs[["item", "first", "second", "scale"]]


def agreement(place: Area, found: pd.DataFrame | NoResult) -> Exhibit:
    """Agreement beyond chance between the two coders, over the indicators of each scale."""
    title = TEXT["agreement_title"].format(place=place.name)
    if isinstance(found, NoResult):
        return Exhibit("referral_agreement", title, limits=found.reason)
    return Exhibit(
        "referral_agreement",
        title,
        _coefficients(found, {"Scale": "scale"}),
        (),
        TEXT["answers_with_evidence_alone_unknown"],
    )


def pairs_of_readings() -> pd.DataFrame:
    """Bounds that two readers, of whom neither saw what the other read, took from a report: item, first, second."""
    table = catalog.load("nrm_second_readings")
    coded = table[table["status"] == "coded"]
    bounds = {
        reader: coded[f"{reader}_low"].map("{:g}".format) + " to " + coded[f"{reader}_high"].map("{:g}".format)
        for reader in ("first", "second")
    }
    items = coded[["area_id", "indicator_id", "part", "source_id"]].agg(" ".join, axis=1)
    return pd.DataFrame({"item": items + coded["report_year"].astype(str), **bounds})


def of_readings(place: Area, found: pd.DataFrame) -> Exhibit:
    """How far a second reader, who did not see the first reading, came to the same bounds."""
    table = catalog.load("nrm_second_readings")
    coded = table[table["status"] == "coded"]
    overlap = (coded["first_low"] <= coded["second_high"]) & (coded["second_low"] <= coded["first_high"])
    within = (coded["second_low"] >= coded["first_low"]) & (coded["second_high"] <= coded["first_high"])
    return Exhibit(
        "referral_second_readings",
        TEXT["how_far_two_readers"].format(place=place.name),
        _coefficients(found),
        (),
        TEXT["readings_were_made_twice"].format(
            readings=len(table),
            not_found=len(table) - len(coded),
            overlap=int(overlap.sum()),
            coded=len(coded),
            within=int(within.sum()),
        ),
        citations=(catalog.dataset("nrm_second_readings").title,),
    )


def pairs_of_actions() -> pd.DataFrame:
    """Which indicators each of two readers gave a suggested action: item, first, second."""
    return catalog.load("action_coding").rename(columns={"action_id": "item"})[["item", "first", "second"]]


def of_actions(place: Area, found: pd.DataFrame) -> Exhibit:
    """How far the two readers who coded the suggested actions agree."""
    return Exhibit(
        "referral_readers",
        TEXT["how_far_two_readers_agree"].format(place=place.name),
        _coefficients(found),
        (),
        TEXT["two_readers_with_the_same"],
        citations=(catalog.dataset("action_coding").title,),
    )


def _coefficients(found: pd.DataFrame, before: Mapping[str, str] | None = None) -> Table:
    """Coefficients of agreement with their limits; `before` are columns before them."""

    def estimate(values: pd.Series) -> list[str]:
        return ["not given" if value != value else f"{value:.3f}" for value in values]

    def limits(low: pd.Series, high: pd.Series) -> list[str]:
        ends = zip(low, high, strict=True)
        return ["–" if least != least else f"{least:.3f} to {most:.3f}" for least, most in ends]

    return Table(
        found,
        {
            **(before or {}),
            "Measure": "coefficient",
            "Estimate": Words(estimate, "estimate"),
            f"{intervals.confidence_level(found)} limits": Words(limits, "low", "high"),
            "Coded by both": "n",
            "Note": "note",
        },
        also=("confidence",),
    )


def limits_of(place: Area, states: pd.DataFrame, as_of: int) -> Markdown:
    """What the assessment of an area does not show; states as `dated_states` gives them."""
    table = of(place, states)
    asked = table[table["state"] != five.DOES_NOT_APPLY]
    unknown = int(asked["state"].eq(five.UNKNOWN).sum())
    return said(TEXT["of_answers_are_not_known"].format(unknown=unknown, asked=len(asked), as_of=as_of))


take_names(__name__)
