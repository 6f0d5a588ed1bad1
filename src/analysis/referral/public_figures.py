"""Readings that follow from other public tables: treaties, figures of UNODC, convictions, ECOWAS's mechanism."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.referral.answers import READING

# The treaties that the framework counts (A5), as the table of treaties names them.
COUNTED = (
    *("UNTOC", "Palermo TIP Protocol", "Smuggling Protocol", "CRC", "OPSC", "OPAC"),
    *("ILO C138", "ILO C182", "ILO P029"),
)
# When ECOWAS's focal points validated its referral mechanism, by the table of its history.
VALIDATED = 2023


def treaty_readings(treaties: pd.DataFrame, as_of: int) -> pd.DataFrame:
    """Whether each treaty that the framework counts binds an area at the end of a year (A5, one part a treaty).

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
    """What an area's authorities reported to UNODC in the last three years of a release (I2, I3).

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
    nothing = f"No figure but '<5' in UNODC's data of {since} to {last}, which may mean that none was reported"
    reported = pd.DataFrame({"area_id": area_ids, "low": sure, "high": years})
    reported["missing"] = np.where(sure == 0, nothing, "")
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


def case_readings(law: pd.DataFrame) -> pd.DataFrame:
    """What the Labor Department was not told of criminal cases of the worst forms of child labour (G1).

    Parameters
    ----------
    law : area_id, report_year, indicator, low (a number, NaN where the report prints that it is not known), source_id;
        the indicators ``criminal_prosecutions`` and ``criminal_convictions`` are read.

    Returns
    -------
    DataFrame in the columns of `readings.from_answers`, one row an area and year, without bounds: these cases are
    trafficking and other crimes, so that their number is not that of convictions for trafficking.
    """
    names = {"criminal_prosecutions": "prosecutions", "criminal_convictions": "convictions"}
    table = law[law["indicator"].isin(list(names))].replace({"indicator": names})
    if table.empty:
        return pd.DataFrame(columns=READING)
    keys = ["area_id", "report_year"]
    frame = table.pivot(index=keys, columns="indicator", values="low").reindex(columns=list(names.values()))
    words = frame.map(lambda number: "not known" if number != number else f"{number:.0f}")
    lacking = [" and ".join(name for name in frame if row[name] != row[name]) for row in frame.to_dict("records")]
    told = "No number of {} for the worst forms of child labour was given to the Labor Department"
    frame = frame.assign(
        low=np.nan,
        high=np.nan,
        source_id=table.groupby(keys)["source_id"].first(),
        missing=[told.format(what) if what else "" for what in lacking],
        note="worst forms of child labour: prosecutions "
        + words["prosecutions"]
        + ", convictions "
        + words["convictions"],
    ).reset_index()
    return _readings(frame, "G1", frame["report_year"], "child labour cases")


def conviction_readings(counts: pd.DataFrame) -> pd.DataFrame:
    """Convictions for trafficking, period by period (G1, a measure).

    Parameters
    ----------
    counts : figures of the reports that are drawn: area_id, period_end, indicator, breakdown, low, high (convictions),
        source_id. Rows of the indicator ``convictions`` whose breakdown is ``unspecified`` are read.
    """
    table = counts[counts["indicator"].eq("convictions") & counts["breakdown"].eq("unspecified")]
    missing = np.where(table["high"].eq(0), "No conviction was reported", "")
    year = table["period_end"].dt.year
    table = table.assign(missing=missing, note="convictions for trafficking reported")
    return _readings(table, "G1", year, "official counts")


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
    # Of how far it had come before it was validated nothing was read.
    table = members[inside & (as_of >= VALIDATED)][["area_id"]].assign(
        low=1.0,
        high=2.0,
        source_id=source_id,
        missing="The regional mechanism is validated; whether it is in operation is not known",
        note="validated by the focal points in July 2023",
    )
    words = np.where(members["member"] == "no", "not a member of ECOWAS", "no longer a member of ECOWAS")
    outside = pd.DataFrame({"area_id": members["area_id"], "note": words})[~inside]
    exempt = pd.concat([outside.assign(indicator_id=name) for name in ("H4", "H5")], ignore_index=True)
    return _readings(table, "H5", as_of, "ECOWAS"), exempt[["area_id", "indicator_id", "note"]]


def _readings(table: pd.DataFrame, indicator_id: str, year, basis: str, *, part="", answer="") -> pd.DataFrame:
    filled = table.assign(
        indicator_id=indicator_id, part=part, year=year, answer=answer, asked=basis, basis=basis, obliged="yes"
    )
    return filled[READING].reset_index(drop=True)
