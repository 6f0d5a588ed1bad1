"""Answers made from readings of evidence: what is known of each indicator, as bounds on its scale.

A reading is what one piece of evidence says of one indicator: coded answers of reports, notes read by hand, coding
sheets, and other public tables (treaties, figures of UNODC, convictions, ECOWAS's mechanism). A report's "yes" says
that something is in place, not that it works nationwide: it bounds a level and seldom fixes it. "Unknown" says nothing
and gives no reading.

A reading is of the year that it speaks of, which is seldom that of the report. Of readings that contradict one another
the newer stands.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from bounded.refusal import Refusal

READING = [
    *("area_id", "indicator_id", "part", "year", "low", "high", "answer", "asked", "basis", "missing", "source_id"),
    *("note", "obliged"),
]
# Publishers whose ids name a year: reports of the State Department tell of the year before, reports of the Labor
# Department and comments of the ILO of their own at the latest.
_NAMED_YEAR = re.compile(r"(TIP|DOLX?|ILO)(?:_C\d+)?_?(\d{4})")
SET_ASIDE = "set aside"
# The question of what was read by hand.
NOTES = "notes"
# Ages that the framework asks for (A6), and the lowest that Convention 138 lets a state name for work, in years.
WORKING_AGE, HAZARDOUS_AGE, LOWEST_AGE = 15, 18, 14


def year_spoken_of(source_id: str, report_year: int) -> int:
    """Return the year that a source speaks of: that of its report, or an earlier one where its id names it."""
    named = _NAMED_YEAR.match(source_id)
    return min(report_year, int(named[2]) - (named[1] == "TIP")) if named else report_year


def reviewed(coded: pd.DataFrame, review: pd.DataFrame) -> pd.DataFrame:
    """Return coded answers without those that are no evidence on what was asked, each with the year it speaks of.

    Parameters
    ----------
    coded : as `from_answers` takes it. review : area_id, report_year, indicator, answer, source_id, verdict (``set
        aside``, or ``dated``), speaks_of (a year, of what is dated), reason.

    Returns
    -------
    DataFrame: the columns of `coded`, and year.

    Raises
    ------
    ValueError : the review names an answer that is not there.
    """
    keys = ["area_id", "report_year", "indicator", "answer", "source_id"]
    table = coded.merge(review[[*keys, "verdict", "speaks_of"]], on=keys, how="outer", indicator=True)
    lost = table[table["_merge"] == "right_only"]
    if len(lost):
        row = lost.iloc[0]
        raise Refusal(
            "unknown_answer",
            f"The review names the answer '{row['answer']}' to {row['indicator']} ({row['area_id']}, "
            f"{row['report_year']}, {row['source_id']}), which is not there: take its row out.",
        )
    table = table[table["verdict"].ne(SET_ASIDE)]
    derived = [year_spoken_of(*row) for row in zip(table["source_id"], table["report_year"], strict=True)]
    year = table["speaks_of"].astype("Float64").fillna(pd.Series(derived, table.index, dtype="Float64"))
    return table.assign(year=year.astype(int))[[*coded.columns, "year"]].reset_index(drop=True)


def from_answers(coded: pd.DataFrame, crosswalk: pd.DataFrame) -> pd.DataFrame:
    """Answers of reports as readings, by the crosswalk.

    Parameters
    ----------
    coded : one row an answer: area_id, report_year, indicator (as coded), answer (yes|partly|no|unknown), source_id,
        note, and year (that it speaks of, of `reviewed`; else that of the report). Answers that the crosswalk does not
        have say nothing of any indicator.
    crosswalk : indicator_id, part, coded_indicator, answer, low, high (in the units of the scale), missing, obliged
        (yes|no: whether the indicator's treaty asks for just this), reason.

    Returns
    -------
    DataFrame: area_id, indicator_id, part, year, low, high (NaN: not known), answer, asked (the coded indicator),
    basis, missing (what the answer shows to be missing, "" for nothing), source_id, note, obliged.

    Raises
    ------
    ValueError : a question that the crosswalk has was given an answer that it does not have: it would be lost, and an
        earlier one would stand.
    """
    pairs = crosswalk[["coded_indicator", "answer"]].drop_duplicates().assign(held=True)
    asked = coded[coded["indicator"].isin(crosswalk["coded_indicator"]) & coded["answer"].ne("unknown")]
    lost = asked.merge(pairs, left_on=["indicator", "answer"], right_on=["coded_indicator", "answer"], how="left")
    lost = lost[lost["held"].isna()]
    if len(lost):
        row = lost.iloc[0]
        raise Refusal(
            "not_in_crosswalk",
            f"The crosswalk does not say what the answer '{row['answer']}' to {row['indicator']} means "
            f"({row['area_id']}, {row['report_year']}): add a row for it.",
        )
    named = coded.rename(columns={"indicator": "coded_indicator"})
    named = named if "year" in named else named.rename(columns={"report_year": "year"})
    table = named.merge(crosswalk, on=["coded_indicator", "answer"], how="inner", validate="many_to_many")
    table = table.rename(columns={"coded_indicator": "asked"}).assign(basis="coded answer")
    return table[READING].reset_index(drop=True)


def from_hand(readings: pd.DataFrame) -> pd.DataFrame:
    """Readings made by hand from the notes of the evidence, in the columns of `from_answers`."""
    table = readings.rename(columns={"reason": "note"})
    table["year"] = [year_spoken_of(*row) for row in zip(table["source_id"], table["report_year"], strict=True)]
    return table.assign(answer="", asked=NOTES, basis="note read by hand", obliged="yes")[READING].reset_index(
        drop=True
    )


def from_coding(agreed: pd.DataFrame, framework: pd.DataFrame) -> pd.DataFrame:
    """Return what coders settled on, or left open, as readings in the columns of `from_answers`.

    Parameters
    ----------
    agreed : one row an area and indicator: area_id, indicator_id, low, high, status (agreed|adjudicated|one coder|
        disagree; other rows say nothing), date (of the coding), source_id, evidence.
    framework : indicator_id, short, top.
    """
    table = agreed[agreed["status"].isin(["agreed", "adjudicated", "one coder", "disagree"])]
    table = table.merge(framework[["indicator_id", "short", "top"]], on="indicator_id")
    # Of a measure no code shows by itself that something is missing.
    missing = [
        f"{row.short}: coded {row.high:g} of {row.top:g}" if row.high < row.top else "" for row in table.itertuples()
    ]
    return table.assign(
        part="",
        year=pd.to_datetime(table["date"]).dt.year,
        answer=table["status"],
        asked="coding sheet",
        basis="coding sheet, " + table["status"],
        missing=missing,
        note=table["evidence"],
        obliged="yes",
    )[READING].reset_index(drop=True)


def age_answers(law: pd.DataFrame) -> pd.DataFrame:
    """Return, as answers, whether the ages of work and of school are those that the framework asks for (A6).

    Parameters
    ----------
    law : one row a fact of a report: area_id, report_year, indicator, low (years), answer, source_id; read are
        ``minimum_age_work`` and ``minimum_age_hazardous_work``, with what the Labor Department finds of them
        (``…_meets_standard``), and ``compulsory_education_age``.

    Returns
    -------
    DataFrame: area_id, report_year, indicator, answer, source_id, note, as `from_answers` takes it. School and work are
    aligned if school ends at the minimum age for work, neither before (``school_to_working_age``) nor after
    (``work_after_school``; Convention 138, art. 2 (3)). A minimum age of 14 is below what the framework asks for and
    what a state may name (art. 2 (4)). An age that is high enough, and of which the Labor Department finds that it
    falls short of the standard all the same, is met in part. An age that is not given is no answer.
    """
    columns = ["area_id", "report_year", "indicator", "answer", "source_id", "note"]
    if law.empty:
        return pd.DataFrame(columns=columns)
    keys = ["area_id", "report_year"]
    facts = law.drop_duplicates([*keys, "indicator"])
    years = facts.pivot(index=keys, columns="indicator", values="low")
    found = facts.pivot(index=keys, columns="indicator", values="answer")
    sources = facts.groupby(keys)["source_id"].first()
    work = _column(years, "minimum_age_work")
    hazardous = _column(years, "minimum_age_hazardous_work")
    school = _column(years, "compulsory_education_age")
    of_work, of_hazard = (
        _column(found, f"{name}_meets_standard").eq("no") for name in ("minimum_age_work", "minimum_age_hazardous_work")
    )
    ages = "school to " + _years(school) + ", work from " + _years(work)
    both = school.where(work.notna())
    # Question -> answers, the age without which there is none, note.
    said = {
        "minimum_age_work_15": (_high_enough(work, WORKING_AGE, of_work), work, "work from " + _years(work)),
        "minimum_age_work_14": (np.where(work >= LOWEST_AGE, "yes", "no"), work, "work from " + _years(work)),
        "minimum_age_hazardous_18": (
            _high_enough(hazardous, HAZARDOUS_AGE, of_hazard),
            hazardous,
            "hazardous work from " + _years(hazardous),
        ),
        "school_to_working_age": (np.where(school >= work, "yes", "no"), both, ages),
        "work_after_school": (np.where(work >= school, "yes", "no"), both, ages),
    }
    parts = [
        pd.DataFrame({"indicator": name, "answer": answer, "note": note, "source_id": sources})[given.notna()]
        for name, (answer, given, note) in said.items()
    ]
    return pd.concat(parts).rename_axis(index=keys).reset_index()[columns]


def _column(wide: pd.DataFrame, name: str) -> pd.Series:
    return wide[name] if name in wide else pd.Series(np.nan, wide.index)


def _high_enough(age: pd.Series, least: int, falls_short: pd.Series) -> np.ndarray:
    met = age >= least
    return np.select([met & falls_short, met], ["partly", "yes"], "no")


def _years(ages: pd.Series) -> pd.Series:
    return ages.map(lambda age: "an age not given" if age != age else f"{age:g}")


def latest(readings: pd.DataFrame, as_of: int, within: int = 5) -> pd.DataFrame:
    """Return what the latest reading of each question put to an area says.

    Parameters
    ----------
    as_of : the last year that counts. within : how many years count, the last one included: 5 are 2019 to 2023.

    Returns
    -------
    DataFrame as `from_answers` gives it, one row an area, indicator, part and question, with `differ` (bool). Answers
    of one year that differ are joined: their bounds reach from the lowest to the highest. Notes of one year narrow each
    other where they can, since each tells of another thing. An answer of an earlier year counts if no later one is
    known, since a later "unknown" takes nothing back.
    """
    keys = ["area_id", "indicator_id", "part", "asked"]
    # What people coded counts whenever they did: they were asked how things stand.
    by_people = readings["asked"].eq("coding sheet")
    table = readings[readings["year"].between(as_of - within + 1, as_of) | by_people]
    # People who read the law itself are heard before what reports say of it.
    coded = table["asked"].eq("coding sheet").groupby([table["area_id"], table["indicator_id"]]).transform("any")
    table = table[~coded | table["asked"].eq("coding sheet")]
    table = table[table["year"] == table.groupby(keys)["year"].transform("max")].assign(differ=False)
    several = table.duplicated(keys, keep=False)
    joined = [_joined(group) for _, group in table[several].groupby(keys, sort=True)]
    parts = [table[~several], pd.DataFrame(joined, columns=table.columns)] if joined else [table]
    return pd.concat(parts).sort_values(keys, kind="stable", ignore_index=True)[[*READING, "differ"]]


def _joined(group: pd.DataFrame) -> dict:
    """Readings of one question in one year as one."""
    low, high = group["low"].min(skipna=False), group["high"].max(skipna=False)
    differ = len(group[["low", "high"]].drop_duplicates()) > 1
    if group["asked"].eq(NOTES).all() and group["low"].max() <= group["high"].min():
        low, high, differ = group["low"].max(), group["high"].min(), False
    return group.iloc[0].to_dict() | {
        "low": low,
        "high": high,
        "answer": " or ".join(dict.fromkeys(group["answer"])),
        "missing": next((words for words in group["missing"] if words), ""),
        "source_id": ";".join(dict.fromkeys(group["source_id"])),
        "note": "; ".join(dict.fromkeys(note for note in group["note"] if note)),
        "differ": differ,
    }


ANSWER = [
    *("area_id", "indicator_id", "low", "high", "top", "known", "applies", "year", "oldest", "basis", "source_ids"),
    *("note", "differ"),
]


def answers(
    latest: pd.DataFrame, framework: pd.DataFrame, area_ids: list[str], exempt: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The answer to every indicator in every area, unknown ones included.

    Questions about the same part of an indicator narrow one another; where they contradict one another the newer
    stands, and of one year the bounds reach over both. Parts are then counted (`sum`: each is 0 to 1) or the weakest of
    them decides (`weakest`); a part that nobody asked about is unknown, which is its whole scale. A reading of the
    indicator as a whole (part "") narrows that.

    Parameters
    ----------
    latest : as `readings.latest` gives it.
    framework : indicator_id, top (NaN for a measure), parts (";" between), combine.
    area_ids : the areas.
    exempt : area_id, indicator_id, note: what an area cannot be asked.

    Returns
    -------
    DataFrame, one row an area and indicator: area_id, indicator_id, low, high (in the units of the scale; of a measure
    NaN where it is not known, and inf where it has no upper bound), top, known (bool: narrower than the scale; of a
    measure: it has a bound), applies (bool), year, oldest (of the newest and of the oldest reading, NA without one),
    basis, source_ids (";" between), note, differ (bool: sources of one year contradict one another).
    """
    found: dict[tuple[str, str], list[dict]] = {}
    for row in latest.to_dict("records"):
        found.setdefault((row["area_id"], row["indicator_id"]), []).append(row)
    excused = {} if exempt is None else {(row.area_id, row.indicator_id): row.note for row in exempt.itertuples()}
    indicators = framework[["indicator_id", "top", "parts", "combine"]].to_dict("records")
    rows = []
    for area_id in area_ids:
        for indicator in indicators:
            key = (area_id, indicator["indicator_id"])
            if key in excused:
                row = _row(key, indicator["top"], np.nan, np.nan, [])
                rows.append(row | {"applies": False, "note": excused[key]})
            elif key not in found:
                rows.append(_row(key, indicator["top"], *_unknown(indicator["top"]), []))
            else:
                low, high, contradict = _combined(found[key], indicator)
                row = _row(key, indicator["top"], low, high, found[key])
                rows.append(row | {"differ": contradict or any(reading["differ"] for reading in found[key])})
    table = pd.DataFrame(rows, columns=ANSWER).astype({"year": "Int64", "oldest": "Int64"})
    return table.astype({name: bool for name in ("known", "applies", "differ")})


def scored(table: pd.DataFrame) -> pd.DataFrame:
    """Answers that have a scale and apply, with `score_low` and `score_high` (0 to 1) beside them."""
    part = table[table["top"].notna() & table["applies"]]
    return part.assign(score_low=part["low"] / part["top"], score_high=part["high"] / part["top"])


def _unknown(top: float) -> tuple[float, float]:
    return (np.nan, np.nan) if np.isnan(top) else (0.0, float(top))


def _combined(found: list[dict], indicator: dict) -> tuple[float, float, bool]:
    """Bounds of one indicator in one area, and whether any two questions contradict each other."""
    named = [part for part in indicator["parts"].split(";") if part]
    measure = np.isnan(indicator["top"])
    whole = (-np.inf, np.inf) if measure else (0.0, float(indicator["top"]))
    each = (0.0, 1.0) if indicator["combine"] == "sum" else whole
    unplaced = {reading["part"] for reading in found} - {"", *named}
    if unplaced:
        raise Refusal(
            "unknown_part",
            f"{indicator['indicator_id']} has no part '{sorted(unplaced)[0]}': its parts are "
            f"{', '.join(named) or 'none'}.",
        )
    bounds, contradict = {}, False
    for part in ["", *named]:
        said = _standing(
            [
                (reading["year"], _within(reading, whole if part == "" else each))
                for reading in found
                if reading["part"] == part
            ]
        )
        bounds[part], against = _narrowed([whole if part == "" else each, *said])
        contradict |= against
    low, high = bounds.pop("")
    if bounds:
        join = sum if indicator["combine"] == "sum" else min
        of_parts = (join(part[0] for part in bounds.values()), join(part[1] for part in bounds.values()))
        (low, high), against = _narrowed([(low, high), of_parts])
        contradict |= against
    if measure:
        return (np.nan, np.nan, contradict) if (low, high) == whole else (max(low, 0.0), high, contradict)
    return low, high, contradict


def _within(reading: dict, scale: tuple[float, float]) -> tuple[float, float]:
    """The bounds of a reading, those of the scale where not known. Raises ValueError if they are no part of it."""
    low = scale[0] if np.isnan(reading["low"]) else reading["low"]
    high = scale[1] if np.isnan(reading["high"]) else reading["high"]
    if not scale[0] <= low <= high <= scale[1]:
        raise Refusal(
            "out_of_range",
            f"{reading['area_id']}, {reading['indicator_id']}: the bounds {low:g} to {high:g} of "
            f"'{reading['asked']}' are no part of the scale {scale[0]:g} to {scale[1]:g}.",
        )
    return low, high


def _standing(said: list[tuple[int, tuple[float, float]]]) -> list[tuple[float, float]]:
    """The bounds of readings, newest first, without older ones that contradict what newer ones leave."""
    kept: list[tuple[float, float]] = []
    for year in sorted({year for year, _ in said}, reverse=True):
        of_year = [bounds for at, bounds in said if at == year]
        both = [*kept, *of_year]
        if kept and max(low for low, _ in both) > min(high for _, high in both):
            continue
        kept = both
    return kept


def _narrowed(bounds: list[tuple[float, float]]) -> tuple[tuple[float, float], bool]:
    """The bounds that all leave open; where they leave nothing, the range of those after the first, the widest."""
    low, high = max(first for first, _ in bounds), min(last for _, last in bounds)
    if low <= high:
        return (low, high), False
    said = bounds[1:] if len(bounds) > 2 else bounds
    return (min(first for first, _ in said), max(last for _, last in said)), True


def _row(key: tuple[str, str], top: float, low: float, high: float, found: list[dict]) -> dict:
    area_id, indicator_id = key
    known = low == low if np.isnan(top) else low > 0 or high < top
    sources = [source for reading in found for source in reading["source_id"].split(";") if source]
    return {
        "area_id": area_id,
        "indicator_id": indicator_id,
        "low": low,
        "high": high,
        "top": top,
        "known": bool(known),
        "applies": True,
        "year": max((reading["year"] for reading in found), default=pd.NA),
        "oldest": min((reading["year"] for reading in found), default=pd.NA),
        "basis": "; ".join(dict.fromkeys(reading["basis"] for reading in found)) or "none",
        "source_ids": ";".join(dict.fromkeys(sources)),
        "note": "; ".join(dict.fromkeys(reading["note"] for reading in found if reading["note"])),
        "differ": False,
    }


# The treaties that the framework counts (A5), as the table of treaties names them.
COUNTED = (
    *("UNTOC", "Palermo TIP Protocol", "Smuggling Protocol", "CRC", "OPSC", "OPAC"),
    *("ILO C138", "ILO C182", "ILO P029"),
)
# When ECOWAS's focal points validated its referral mechanism, by the table of its history.
VALIDATED = 2023


def treaty_readings(treaties: pd.DataFrame, as_of: int) -> pd.DataFrame:
    """Return whether each treaty that the framework counts binds an area at the end of a year (A5, one part a treaty).

    Parameters
    ----------
    treaties : area_id, treaty, status (bound|signed|none|unknown), date_low, date_high (when it became bound), read_in
        (year of the list or page that says so, NA for none), source_id, note.
    as_of : a year. What became binding later did not bind then; where the date may lie on either side, both are
        possible.

    Returns
    -------
    DataFrame in the columns of `readings.from_answers`. That a treaty binds holds from its date on; that it does not is
    of the year of the list that says so. An unknown status, and a list without a year, give no reading.
    """
    table = treaties[treaties["treaty"].isin(COUNTED) & treaties["status"].ne("unknown")].copy()
    bound = table["status"].eq("bound")
    table["year"] = table["read_in"].clip(upper=as_of).mask(bound, as_of)
    end = pd.Timestamp(as_of, 12, 31)
    table["low"] = (bound & ~(table["date_high"] > end)).astype(float)
    table["high"] = (bound & ~(table["date_low"] > end)).astype(float)
    words = np.where(table["status"] == "signed", "Signed and not bound by ", "Not bound by ") + table["treaty"]
    table["missing"] = words.where(table["high"] == 0, "")
    table = table[table["year"].notna()].astype({"year": int})
    return _readings(table, "A5", table["year"], "treaties", part=table["treaty"], answer=table["status"])


def unodc_readings(
    detected: pd.DataFrame, forms: pd.DataFrame, flows: pd.DataFrame, area_ids: list[str], last: int
) -> pd.DataFrame:
    """Return what an area's authorities reported to UNODC in the last three years of a release (I2, I3).

    "<5" and nothing else may stand for nothing reported: such a year counts as 0 or 1 of I3, and shows no breakdown.
    What stands in the release was published with its breakdown; what does not may have been published elsewhere, so
    that a missing breakdown (I2) gives no reading.

    Parameters
    ----------
    detected : area_id, year, sex, age, value_qualifier, source_id. forms : area_id, year, form, … flows : detected_in,
        year, citizenship, … One row a figure of the release.
    last : the last year of the release.
    """
    since = last - 2
    parts = {
        "sex": detected[detected["sex"].isin(["female", "male"])],
        "age": detected[detected["age"].isin(["0-17", "18+"])],
        "form": forms,
        "citizenship": flows.rename(columns={"detected_in": "area_id"}),
    }
    parts = {name: table[table["year"].between(since, last)] for name, table in parts.items()}
    recent = pd.concat([detected[detected["year"].between(since, last)], parts["form"], parts["citizenship"]])
    if recent.empty:
        return pd.DataFrame(columns=READING)
    shared = {
        "source_id": recent["source_id"].iloc[0],
        "note": f"figures of {since} to {last} in UNODC's data; a year of '<5' alone may be one without a report",
    }
    broken = pd.DataFrame(
        [(area_id, name) for name, table in parts.items() for area_id in area_ids if area_id in set(_stated(table))],
        columns=["area_id", "part"],
    )
    years, sure = (
        table.groupby("area_id")["year"].nunique().reindex(area_ids, fill_value=0).to_numpy(dtype=float)
        for table in (recent, recent[recent["value_qualifier"] != "below_5"])
    )
    reported = pd.DataFrame({"area_id": area_ids, "low": sure, "high": years})
    # A year of "<5" alone may be one without a report; a year without a row is one.
    lacking = [f"Of {since} to {last}, {3 - int(n)} without a figure in UNODC's data" for n in years]
    reported["missing"] = np.where(years < 3, lacking, "")
    published = broken.assign(low=1.0, high=1.0, missing="", **shared)
    return pd.concat(
        [
            _readings(published, "I2", last, "UNODC", part=published["part"]),
            _readings(reported.assign(**shared), "I3", last, "UNODC"),
        ],
        ignore_index=True,
    )


def _stated(table: pd.DataFrame) -> pd.Series:
    """The areas with a figure that is more than "<5"."""
    return table.loc[table["value_qualifier"] != "below_5", "area_id"]


def rate_readings(victims: pd.DataFrame, population: pd.DataFrame, as_of: int) -> pd.DataFrame:
    """Detected victims per 100,000 inhabitants (C9), and the children among them in percent (E7), as measures.

    Parameters
    ----------
    victims : area_id, year, measure (victims|child_victims), low, high (persons), source_id: one row an area, year and
        measure, of one source. population : area_id, year, population (persons).

    Returns
    -------
    DataFrame in the columns of `readings.from_answers`: one row an area, measure and year up to `as_of`. The share has
    the widest bounds that the two counts allow.
    """
    table = victims[victims["year"] <= as_of]
    wide = table.pivot(index=["area_id", "year"], columns="measure", values=["low", "high"])
    source = table.groupby(["area_id", "year"])["source_id"].first()
    people = population.set_index(["area_id", "year"])["population"]
    frame = pd.DataFrame(index=wide.index).assign(source_id=source, people=people.reindex(wide.index))
    for measure in ("victims", "child_victims"):
        for side in ("low", "high"):
            frame[f"{measure}_{side}"] = wide.get((side, measure), pd.Series(np.nan, wide.index))
    frame = frame.reset_index()
    rate = frame.assign(
        low=frame["victims_low"] / frame["people"] * 1e5,
        high=frame["victims_high"] / frame["people"] * 1e5,
        note="detected victims per 100,000 inhabitants",
    ).dropna(subset=["low"])
    share = frame.assign(
        low=100 * (frame["child_victims_low"] / frame["victims_high"].where(frame["victims_high"] > 0)).clip(upper=1),
        high=100 * (frame["child_victims_high"] / frame["victims_low"].where(frame["victims_low"] > 0)).clip(upper=1),
        note="children among detected victims, percent",
    ).dropna(subset=["low", "high"])
    return pd.concat(
        [
            _readings(part.assign(missing=""), key, part["year"], "detected victims")
            for key, part in (("C9", rate), ("E7", share))
        ],
        ignore_index=True,
    )


def conviction_readings(headlines: pd.DataFrame) -> pd.DataFrame:
    """The headline number of convictions for trafficking of each area, with its period (G1, a measure).

    Parameters
    ----------
    headlines : as `headlines.table` gives them of the measure ``convictions``: area_id, period_end, low, high
        (convictions; NaN where there is no figure), source_id, words.
    """
    table = headlines[headlines["low"].notna()]
    table = table.assign(missing="", note="convictions for trafficking: " + table["words"])
    return _readings(table, "G1", table["period_end"].dt.year, "headline number")


def regional_readings(members: pd.DataFrame, as_of: int, source_id: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """ECOWAS's referral mechanism (H5) for the members of that year, and who cannot be asked about it (H4, H5).

    Parameters
    ----------
    members : area_id, member (yes|no), until (NaT: still), source_id, note.
    source_id : where the validation of the mechanism was read.

    Returns
    -------
    Readings, in the columns of `readings.from_answers`; and area_id, indicator_id, note of what does not apply.
    """
    inside = members["member"].eq("yes") & ~(members["until"].dt.year <= as_of)
    # Of how far it had come before it was validated nothing was read, nor whether it has been in operation since.
    table = members[inside & (as_of >= VALIDATED)][["area_id"]].assign(
        low=1.0,
        high=3.0,
        source_id=source_id,
        missing="",
        note="validated by the focal points in July 2023; whether it is in operation is not known",
    )
    words = np.where(members["member"] == "no", "not a member of ECOWAS", "no longer a member of ECOWAS")
    outside = pd.DataFrame({"area_id": members["area_id"], "note": words})[~inside]
    exempt = pd.concat([outside.assign(indicator_id=name) for name in ("H4", "H5")], ignore_index=True)
    return _readings(table, "H5", VALIDATED, "ECOWAS"), exempt[["area_id", "indicator_id", "note"]]


def _readings(table: pd.DataFrame, indicator_id: str, year, basis: str, *, part="", answer="") -> pd.DataFrame:
    filled = table.assign(
        indicator_id=indicator_id, part=part, year=year, answer=answer, asked=basis, basis=basis, obliged="yes"
    )
    return filled[READING].reset_index(drop=True)
