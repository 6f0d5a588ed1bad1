"""Readings that follow from other public tables: treaties, figures of UNODC, agreements, ECOWAS's mechanism."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.referral.agreements import FEW, agreement_list
from analysis.referral.readings import READING

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
    treaties : area_id, treaty, status (bound|signed|none|unknown), date_low, date_high (when it became bound),
        source_id, note.
    as_of : a year. What became binding later did not bind then; where the date may lie on either side, both are
        possible.

    Returns
    -------
    DataFrame in the columns of `readings.from_answers`. An unknown status gives no reading.
    """
    table = treaties[treaties["treaty"].isin(COUNTED) & treaties["status"].ne("unknown")].copy()
    bound = table["status"].eq("bound")
    end = pd.Timestamp(as_of, 12, 31)
    table["low"] = (bound & ~(table["date_high"] > end)).astype(float)
    table["high"] = (bound & ~(table["date_low"] > end)).astype(float)
    missing = np.where(table["status"] == "signed", "Signed and not bound by ", "Not bound by ") + table["treaty"]
    table["missing"] = missing.where(table["high"] == 0, "")
    return _readings(table, "A5", as_of, "treaties", part=table["treaty"], answer=table["status"])


def unodc_readings(
    detected: pd.DataFrame, forms: pd.DataFrame, flows: pd.DataFrame, area_ids: list[str], last: int
) -> pd.DataFrame:
    """What an area's authorities reported to UNODC in the last three years of a release (I2, I3).

    What stands in the release was published with its breakdown; what does not may have been published elsewhere, so
    that a missing breakdown (I2) gives no reading. The number of years with figures (I3) is exact: the release is
    complete.

    Parameters
    ----------
    detected : area_id, year, sex, age, source_id. forms : area_id, year, form, source_id. flows : detected_in, year,
        citizenship, source_id. One row a figure of the release.
    last : the last year of the release.
    """
    since = last - 2
    parts = {
        "sex": detected[detected["sex"].isin(["female", "male"])],
        "age": detected[detected["age"].isin(["0-17", "18+"])],
        "form": forms,
        "citizenship": flows.rename(columns={"detected_in": "area_id"}),
    }
    recent = {name: table[table["year"].between(since, last)] for name, table in parts.items()}
    rows = [
        {"area_id": area_id, "part": name, "low": 1.0, "high": 1.0, "source_id": source_id, "missing": ""}
        for name, table in recent.items()
        for area_id, source_id in table.groupby("area_id")["source_id"].first().items()
        if area_id in area_ids
    ]
    broken = pd.DataFrame(rows, columns=["area_id", "part", "low", "high", "source_id", "missing"])
    everything = pd.concat([detected, forms, parts["citizenship"]])
    source_id = everything["source_id"].iloc[0]
    years = everything[everything["year"].between(since, last)].groupby("area_id")["year"].nunique()
    reported = pd.DataFrame({"area_id": area_ids, "low": years.reindex(area_ids, fill_value=0).astype(float)})
    lacking = (3 - reported["low"]).astype(int)
    reported = reported.assign(
        high=reported["low"],
        source_id=source_id,
        missing=("No figures in UNODC's data for " + lacking.astype(str) + " of the three years to " + str(last)).where(
            lacking > 0, ""
        ),
    )
    note = f"figures of {since} to {last} in UNODC's data"
    return pd.concat(
        [
            _readings(broken.assign(note=note), "I2", last, "UNODC", part=broken["part"]),
            _readings(reported.assign(note=note), "I3", last, "UNODC"),
        ],
        ignore_index=True,
    )


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
    """Criminal cases of the worst forms of child labour, trafficking among them, by report year (G1, a measure).

    Parameters
    ----------
    law : area_id, report_year, indicator, low (a number, NaN where the report prints that it is not known), source_id;
        the indicators ``criminal_prosecutions`` and ``criminal_convictions`` are read.

    Returns
    -------
    DataFrame in the columns of `readings.from_answers`, one row an area and year. The bounds are the convictions; they
    are open where the number is not known, which shows that none was published.
    """
    names = {"criminal_prosecutions": "prosecutions", "criminal_convictions": "convictions"}
    table = law[law["indicator"].isin(list(names))].replace({"indicator": names})
    keys = ["area_id", "report_year"]
    frame = table.pivot(index=keys, columns="indicator", values="low").reindex(columns=list(names.values()))
    words = frame.map(lambda number: "not known" if number != number else f"{number:.0f}")
    lacking = [" and ".join(name for name in frame if row[name] != row[name]) for row in frame.to_dict("records")]
    none = np.where(frame["convictions"].eq(0), "No conviction was reported", "")
    frame = frame.assign(
        low=frame["convictions"],
        high=frame["convictions"],
        source_id=table.groupby(keys)["source_id"].first(),
        missing=[
            f"The number of {what} is not known" if what else said for what, said in zip(lacking, none, strict=True)
        ],
        note="prosecutions " + words["prosecutions"] + ", convictions " + words["convictions"],
    ).reset_index()
    return _readings(frame, "G1", frame["report_year"], "criminal cases")


def agreement_readings(agreements: pd.DataFrame, as_of: int) -> pd.DataFrame:
    """How many agreements on trafficking between two or a few states an area was found to have (H1, a measure).

    What was found is the least there are; no upper bound follows, and none found gives no reading.

    Parameters
    ----------
    agreements : as `agreements.agreement_list` takes it. as_of : a year; those that were signed later are left out.
    """
    classes = agreement_list(agreements).set_index("agreement_id")["cover"]
    few = agreements["agreement_id"].map(classes) == FEW
    table = agreements[few & ~(agreements["date_low"].dt.year > as_of)]
    found = table.groupby("party").agg(low=("agreement_id", "nunique"), source_id=("source_id", _joined)).reset_index()
    found = found.rename(columns={"party": "area_id"}).assign(high=np.nan, missing="", note="agreements found")
    return _readings(found, "H1", as_of, "agreements")


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
    validated = as_of >= VALIDATED
    table = members[inside][["area_id"]].assign(
        low=1.0 if validated else 0.0,
        high=2.0 if validated else 1.0,
        source_id=source_id,
        missing="The regional mechanism is validated and not in operation"
        if validated
        else "The regional mechanism is a draft",
        note="validated by the focal points in July 2023" if validated else "not yet validated",
    )
    words = np.where(members["member"] == "no", "not a member of ECOWAS", "no longer a member of ECOWAS")
    outside = pd.DataFrame({"area_id": members["area_id"], "note": words})[~inside]
    exempt = pd.concat([outside.assign(indicator_id=name) for name in ("H4", "H5")], ignore_index=True)
    return _readings(table, "H5", as_of, "ECOWAS"), exempt[["area_id", "indicator_id", "note"]]


def _joined(ids: pd.Series) -> str:
    return ";".join(dict.fromkeys(ids))


def _readings(table: pd.DataFrame, indicator_id: str, year, basis: str, *, part="", answer="") -> pd.DataFrame:
    filled = table.assign(indicator_id=indicator_id, part=part, year=year, answer=answer, asked=basis, basis=basis)
    return filled[READING].reset_index(drop=True)
