"""The areas of a study compared by what public evidence has for all of them: rankings and maps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain

import geopandas as gpd
import pandas as pd

from analysis import areas, evidence, plots
from analysis.areas import Area
from analysis.exhibits import detection
from analysis.exhibits.any_place import take_names
from analysis.exhibits.area_indicators import ComparedIndicator, compared_indicators
from analysis.exhibits.exhibit import Exhibit, elsewhere, exhibit, instead
from analysis.exhibits.plot import Plot
from analysis.exhibits.table import NO_ROWS, Table, Words, spans
from analysis.exhibits.wording import periods
from bounded import intervals

INEXACT = {"at_least": "at least this", "below_5": "count below 5, may be 0", "approx": "about this"}


def side_by_side(
    compared: Mapping[ComparedIndicator, pd.DataFrame], ranks: Mapping[ComparedIndicator, pd.DataFrame]
) -> pd.DataFrame:
    """Counts and rates of all areas by each indicator, with the ranks that chance allows where events are counted.

    Parameters
    ----------
    compared, ranks : rates by indicator, and of those that count events what `rank_intervals` gives.
    """
    columns = ["indicator", "name", "cases_low", "cases_high", "population", "rate_low", "rate_high"]
    allowed = ["rank_low", "rank_high"]
    parts = [
        rates.assign(indicator=each.title).merge(ranks[each][["area_id", *allowed]], on="area_id", how="left")
        if each in ranks
        else rates.assign(indicator=each.title)
        for each, rates in compared.items()
    ]
    shown = [*columns, *allowed]
    return pd.concat(parts, ignore_index=True).reindex(columns=shown) if parts else pd.DataFrame(columns=shown)


def ranking(
    place: Area, indicator: ComparedIndicator, rates: pd.DataFrame, ranks: pd.DataFrame | None = None
) -> Exhibit:
    """Return the areas of `place`'s study in the order of their rates; `place` in colour.

    A dot is an area, with the interval that holds for all at once and the ranks it allows. A number of registered
    persons has no interval: then `ranks` is not given.

    Parameters
    ----------
    rates : what `rate_table` makes of the counts of `counted`.
    ranks : where events are counted, what `rank_intervals` makes of them.
    """
    table = in_order(_with_ranks(rates, ranks))
    known = in_order(rates).dropna(subset=["rate_low"])
    title = f"{areas.get(place.study).name}: {indicator.title}, {indicator.unit}"
    limits, certain, level = indicator.told, "", ""
    if ranks is not None:
        level = intervals.confidence_level(ranks)
        limits += (
            f" The ranks hold all at once with {level} confidence, among the {len(known)} areas with a known rate, if "
            "their counts are independent (Klein, Wright and Wieczorek, 2020)."
        )
        one = int((ranks["rank_low"] == ranks["rank_high"]).sum())
        certain = f" {one} of {len(known)} areas have one rank only."
    highest, unknown = ", ".join(known["name"].head(3)), len(rates) - len(known)
    dates = periods(table["date_low"], table["date_high"])
    beside = [f"{count}, {when}" for count, when in zip(count_words(table), dates, strict=True)]
    if ranks is not None:
        allowed = rank_words(table["rank_low"], table["rank_high"])
        beside = [f"{words}: rank {rank}" for words, rank in zip(beside, allowed, strict=True)]
    people = pd.Series(people_words(table["area_id"], table["population"]), table.index)
    drawn = table["rate_low"].notna()
    several = len(set(pd.Series(dates, table.index)[drawn])) > 1
    return exhibit(
        f"ranking_{indicator.name}",
        title,
        _ranked(indicator, rates, ranks),
        Plot(
            plots.dots,
            table.assign(
                text=pd.Series(beside, table.index).where(drawn, ""),
                reason=people.where(people == "uninhabited", "no figure found"),
            ),
            label="name",
            estimate=("rate_low", "rate_high"),
            interval=("low", "high") if ranks is not None else None,
            text="text",
            reason="reason",
            highlight=highlighted(place),
            xlabel=indicator.unit,
            text_label="count, period" if ranks is None else "count, period: ranks allowed",
            estimate_label="rate",
            interval_label=f"{level} interval, of all at once",
            subtitle="The periods differ. That of each figure stands beside it." if several else "",
        ),
        n=number_of(rates),
        limits=limits,
        alt=f"{title}. Highest: {highest}. {unknown} areas without a figure.{certain}",
        further=sources(place, known),
        read=known,
    )


def number_of(table: pd.DataFrame) -> Callable[[pd.DataFrame], str]:
    """Return how to say how many areas of a table have a figure, from those that have one."""
    return lambda known: f"{len(known)} of {len(table)} areas"


def in_order(rates: pd.DataFrame) -> pd.DataFrame:
    """The highest rate first, areas without one last."""
    # The rate of a minimum is at least that of its lower bound.
    least = rates["rate_high"].where(rates["rate_high"] < float("inf"), rates["rate_low"])
    return rates.assign(least=least).sort_values(["least", "name"], ascending=[False, True]).drop(columns="least")


def _with_ranks(rates: pd.DataFrame, ranks: pd.DataFrame | None) -> pd.DataFrame:
    """Rates with the limits that hold for all areas at once, and the ranks that these allow."""
    if ranks is None:
        return rates
    columns = ["area_id", "low", "high", "confidence", "rank", "rank_low", "rank_high"]
    return rates.drop(columns=["low", "high", "confidence"]).merge(ranks[columns], on="area_id", how="left")


def _ranked(indicator: ComparedIndicator, rates: pd.DataFrame, ranks: pd.DataFrame | None) -> Table:
    """Counts, inhabitants and rates of all areas, with the ranks where events are counted."""
    table = in_order(rates).assign(per=indicator.per)
    limits: dict[str, str | Words] = {}
    levels = ["confidence"] if indicator.events else []
    if indicator.events:
        limits[f"{intervals.confidence_level(rates)} Poisson limits"] = Words(detection.in_words, "low", "high")
    if ranks is not None:
        of_all = {"low": "all_low", "high": "all_high", "confidence": "all_confidence"}
        allowed = ranks[["area_id", *of_all, "rank_low", "rank_high"]].rename(columns=of_all)
        table = table.merge(allowed, on="area_id")
        levels.append("all_confidence")
        limits |= {
            f"Simultaneous {intervals.confidence_level(ranks)} limits": Words(
                detection.in_words, "all_low", "all_high"
            ),
            "Ranks allowed": Words(rank_words, "rank_low", "rank_high"),
        }
    return Table(
        table,
        {
            "Area": "name",
            "Count": COUNT,
            "Inhabitants": INHABITANTS,
            "Period": Words(periods, "date_low", "date_high"),
            indicator.unit: Words(detection.in_words, "rate_low", "rate_high"),
            **limits,
        },
        also=("area_id", "per", *levels),
    )


def rank_words(low: Iterable[float], high: Iterable[float]) -> list[str]:
    """The ranks that intervals allow: "3", "4 to 9"."""
    return spans(low, high, ".0f", unknown="not known")


def count_words(table: pd.DataFrame) -> list[str]:
    """Counts of rates as text."""
    return intervals.text(table["cases_low"], table["cases_high"], table["value_qualifier"]).tolist()


def people_words(area_ids: pd.Series, population: pd.Series) -> list[str]:
    """Populations as text; an area that is known to have none says so, since it can have no rate."""
    everyone = evidence.population(list(area_ids))
    empty = set(everyone.loc[everyone["preferred"] & (everyone["population"] == 0), "area_id"])
    return [
        f"{people:,.0f}" if people == people else "uninhabited" if area_id in empty else ""
        for area_id, people in zip(area_ids, population, strict=True)
    ]


COUNT = Words(intervals.text, "cases_low", "cases_high", "value_qualifier")
INHABITANTS = Words(people_words, "area_id", "population")


def maps(place: Area, indicator: ComparedIndicator, rates: pd.DataFrame) -> Exhibit:
    """Return two maps of the areas of `place`'s study: by the rate, and by the count behind it."""
    known = rates[rates["rate_low"].notna()]
    title, credit = f"{areas.get(place.study).name}: {indicator.title}", areas.credit(place.study)
    return exhibit(
        f"maps_{indicator.name}",
        title,
        NO_ROWS,
        Plot(
            plots.choropleth,
            plots.join_areas(areas.boundaries(place.study), _mapped(rates, indicator), panel="panel"),
            value="value",
            status="inexact",
            panel="panel",
            one_scale=False,
            labels=("label", "short"),
            world=_beneath(place.study),
            projection=place.projection,
            highlight=None if place.is_study else place.area_id,
        ),
        n=number_of(rates),
        limits=indicator.told,
        more=f"Boundaries: {credit}." if credit else "",
        alt=f"Two maps. {title}: at the left {indicator.unit}, at the right the counts.",
        further=sources(place, known),
        read=known,
    )


def rankings_and_maps(
    place: Area, compared: Mapping[ComparedIndicator, pd.DataFrame], ranks: Mapping[ComparedIndicator, pd.DataFrame]
) -> tuple[Exhibit, ...]:
    """Return the ranking and the maps of each indicator; of one area of the study its ranks in a sentence.

    Parameters
    ----------
    compared, ranks : rates by indicator, and of those that count events what `rank_intervals` gives.
    """
    if not compared:
        return (missing(place),)
    if not place.is_study:
        return (instead(elsewhere(in_a_sentence(place, compared, ranks), "incidence")),)
    pairs = [
        (ranking(place, each, rates, ranks.get(each)), maps(place, each, rates)) for each, rates in compared.items()
    ]
    return tuple(chain.from_iterable(pairs))


def _beneath(study: str) -> gpd.GeoDataFrame:
    """Return what is drawn beneath a map of a study's areas, without the areas themselves."""
    made_of = areas.STUDIES[study].background == "municipalities"
    return areas.background("world") if made_of else areas.surroundings(study)


def _mapped(table: pd.DataFrame, indicator: ComparedIndicator) -> pd.DataFrame:
    """Return the column that colours each of the two maps, and what is written on it.

    A class is one number: the upper bound of the count's interval, or the lower where there is no upper.
    """
    bounded = table["cases_high"] < float("inf")
    uninhabited = pd.Series(people_words(table["area_id"], table["population"]), index=table.index).eq("uninhabited")
    inexact = table["value_qualifier"].map(INEXACT).fillna("")
    by_rate = pd.DataFrame(
        {
            "area_id": table["area_id"],
            "panel": f"Rate {indicator.unit}",
            "value": table["rate_high"].where(bounded, table["rate_low"]),
            "label": table["name"].where(~uninhabited, table["name"] + "\nuninhabited"),
            # Countries have codes that are known; a name that is too wide for its country would stand in another's.
            "short": table["area_id"].where(table["area_id"].str.fullmatch("[A-Z]{3}"), ""),
            "inexact": inexact,
        }
    )
    by_count = by_rate.assign(
        panel=f"Count: {indicator.title}",
        value=table["cases_high"].where(bounded, table["cases_low"]),
        label=[_short(word, low) for word, low in zip(count_words(table), table["cases_low"], strict=True)],
        short="",
    )
    return pd.concat([by_rate, by_count], ignore_index=True)


def _short(words: str, count: float) -> str:
    """A count as it is written on a map: in thousands where it is long, and nothing where it is not known."""
    if pd.isna(count):
        return ""
    return f"{count / 1000:,.0f} k" if count >= 10_000 and words[0].isdigit() else words


def highlighted(place: Area) -> str | None:
    """The name of the area that a figure of the whole study sets off; none for the study itself."""
    return None if place.is_study else place.name


def sources(place: Area, known: pd.DataFrame) -> tuple[str, ...]:
    """The sources of the counts that are known, and of the inhabitants that they are divided by."""
    years = known.set_index("area_id")["date_low"].dt.year
    people = evidence.population_near(known["area_id"], years, place.study)
    return tuple(dict.fromkeys([*known["source_id"], *people["source_id"]]))


def missing(place: Area) -> Exhibit:
    """Return an exhibit that says why the areas of a study are not compared."""
    study, available = areas.get(place.study).name, compared_indicators(place.study)
    limits = f"No figure is given by which the areas of {study} could be compared. {detection.HOW_TO_ADD}"
    if available:
        titles = ", ".join(each.title for each in available)
        limits = f"No area of {study} has both a figure ({titles}) and a number of inhabitants. {detection.HOW_TO_ADD}"
    return Exhibit("none", f"{study}: comparison of areas", limits=limits)


def in_a_sentence(
    place: Area, compared: Mapping[ComparedIndicator, pd.DataFrame], ranks: Mapping[ComparedIndicator, pd.DataFrame]
) -> str:
    """Return the ranks of an area in its study: of events all that chance allows, of registered persons the one.

    Parameters
    ----------
    compared, ranks : rates by indicator, and of those that count events what `rank_intervals` gives.
    """
    said = []
    for indicator, rates in compared.items():
        table = ranks.get(indicator, rates)
        row, title = table.set_index("area_id").loc[place.area_id], indicator.title
        if pd.isna(row["rate_low"]):
            said.append(f"{title}: no rate is known")
            continue
        ranked = int(table["rate_low"].notna().sum())
        best = worst = 1 + (table["rate_low"] > row["rate_high"]).sum()
        if indicator in ranks:
            best, worst = row["rank_low"], row["rank_high"]
        (allowed,) = rank_words([best], [worst])
        said.append(f"{title}, {indicator.unit}: rank {allowed} of {ranked}")
    return f"Among the areas of the study, {place.name}: {'; '.join(said)}."


take_names(__name__)
