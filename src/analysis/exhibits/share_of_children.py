"""The share of children among detected victims, by source and period, as far as two counts of one period tell it."""

from __future__ import annotations

import pandas as pd

from analysis import evidence, texts
from analysis.areas import Area
from analysis.exhibits import detection
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import NOT_INCIDENCE, Exhibit, exhibit, only
from analysis.exhibits.table import Table, Words, coded, spans
from analysis.exhibits.wording import periods, sentences

TEXT = texts.of(__name__)
WHY = texts.table(__name__, "why")
_PERIOD = ["area_id", "source", "period_start", "period_end", "source_id"]


def shares(place: Area, victims: pd.DataFrame) -> pd.DataFrame:
    """Return the share of children that the counts of one source and period leave, the latest last.

    A minimum of all victims that is the sum of children and adults printed with it is the number whose age is known.
    Of UNODC's years whoever is not printed as an adult may be a child, and nobody else: of 21 victims, 21 of them
    adults, `<5` children are none; of 821 with 672 children and `<5` adults the age of the others is not known.

    Parameters
    ----------
    victims : what `detection.preferred` gives of the place.

    Returns
    -------
    DataFrame: area_id, name, source, period_start, period_end, source_id, all_low, all_high, children_low,
    children_high (persons), share_low, share_high (percent; NaN where the counts leave none), why (there is none).
    """
    both = _of_one_period(victims)
    adults = _adults(place)
    both = both.merge(adults, on=_PERIOD, how="left")
    by_age = both["children_low"].eq(both["children_high"])
    by_age &= (both["children_low"] + both["adults"]).eq(both["all_low"])
    both["all_high"] = both["all_high"].mask(by_age, both["all_low"])
    both = _of_known_age(both, place)
    found = pd.DataFrame([_share(row) for _, row in both.iterrows()], both.index, ["share_low", "share_high", "why"])
    columns = ["all_low", "all_high", "children_low", "children_high"]
    table = pd.concat([both[[*_PERIOD, "name", *columns]], found], axis=1)
    return table.sort_values(["name", "source", "period_end", "period_start"], kind="stable", ignore_index=True)


def _of_one_period(victims: pd.DataFrame) -> pd.DataFrame:
    """Victims beside child victims of the same source and period."""
    counted = victims[[*_PERIOD, "name", "measure", "breakdown", "low", "high"]]
    everybody, children = (
        counted[counted["measure"] == measure].rename(columns={"low": f"{of}_low", "high": f"{of}_high"})
        for measure, of in (("victims", "all"), ("child_victims", "children"))
    )
    # All victims that are the children alone say nothing of a share.
    everybody = everybody[~everybody["breakdown"].eq("derived: children")]
    return everybody.merge(children[[*_PERIOD, "children_low", "children_high"]], on=_PERIOD)


def _adults(place: Area) -> pd.DataFrame:
    """Adults among the victims of a period, where a source gives them."""
    table = evidence.detected_victims(detection.countries(place))
    of_adults = table["breakdown"].str.contains(r"^unspecified;adults(?:;|$)", regex=True)
    known = table[table["measure"].eq("victims") & of_adults & table["low"].eq(table["high"])]
    return known.groupby(_PERIOD)["low"].sum().rename("adults").reset_index()


def _of_known_age(both: pd.DataFrame, place: Area) -> pd.DataFrame:
    """The same, of UNODC's years with the most children that the adults of the year leave."""
    ages = evidence.detected_by_sex_age(detection.countries(place))
    adults = ages[ages["preferred"] & ages["sex"].eq("all") & ages["age"].eq("18+")]
    least = adults.assign(adults_least=adults["low"], source="UNODC")[["area_id", "source", "year", "adults_least"]]
    both = both.assign(year=both["period_start"].dt.year).merge(least, on=["area_id", "source", "year"], how="left")
    others = (both["all_high"] - both["adults_least"]).clip(lower=both["children_low"])
    return both.assign(children_high=others.fillna(both["children_high"]))


def _share(row: pd.Series) -> tuple[float, float, str]:
    """Least and greatest share of children in percent that two intervals leave, or why they leave none."""
    none, least, most = float("nan"), max(row["all_low"], row["children_low"]), row["all_high"]
    if row["children_low"] > most:
        return none, none, WHY["more_children_than_victims"]
    if most == 0:
        return none, none, WHY["nobody_was_detected"]
    if most == float("inf"):
        return none, none, WHY["of_all_victims_only"]
    low = 100 * row["children_low"] / most
    high = min(100.0, 100 * row["children_high"] / least) if least else 100.0
    return (none, none, WHY["any_share"]) if (low, high) == (0.0, 100.0) else (low, high, "")


@only("national", "{whose}: share of children among detected victims")
def share_of_children(place: Area, table: pd.DataFrame) -> Exhibit:
    """Return the share of children among detected victims by source and period, or why the counts tell none.

    Parameters
    ----------
    table : what `shares` gives of the place.
    """
    title = f"{detection.whose(place)}: share of children among detected victims"
    return exhibit(
        "share_of_children",
        title,
        Table(
            table,
            {
                "Country": "name",
                "Period": Words(periods, "period_start", "period_end"),
                "Source": coded(detection.SOURCES, "source"),
                "Victims": Words(_persons, "all_low", "all_high"),
                "Children": Words(_persons, "children_low", "children_high"),
                "Children, %": Words(_percent, "share_low", "share_high"),
                "Why there is none": "why",
            },
            also=("area_id", "source_id"),
        ),
        n="pairs of counts",
        limits=sentences(NOT_INCIDENCE, TEXT["limits"]),
        alt=f"{title}, by period and source.",
    )


def _persons(low: pd.Series, high: pd.Series) -> list[str]:
    return spans(low, high, ",.0f", unknown="not known", at_least="at least {}")


def _percent(low: pd.Series, high: pd.Series) -> list[str]:
    return spans(low, high, ".0f", unknown="–", alike=True)


take_names(__name__)
