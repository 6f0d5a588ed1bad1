"""The areas of a study compared: by what public evidence has for all of them, and how much of it is chance."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

import geopandas as gpd
import numpy as np
import pandas as pd

from analysis import areas, catalog, evidence, headlines, indicators, plots
from analysis.areas import Area, Place
from analysis.data_read import remembered
from analysis.exhibits import detection
from analysis.exhibits.any_place import take_names
from analysis.exhibits.exhibit import NOT_INCIDENCE, Exhibit, absent, elsewhere, exhibit, instead
from analysis.exhibits.plot import Plot
from analysis.exhibits.table import NO_ROWS, Table, Words, spans
from analysis.exhibits.wording import lower_first, periods
from analysis.methods.comparison import FEWEST_AREAS, LEVELS, WINSORISED, neighbours
from analysis.methods.rates import rate_table
from bounded import intervals

# A ranking compares like with like: figures of these years only, the latest of each country.
RANKED_YEARS = (2017, 2022)


@dataclass(frozen=True)
class ComparedIndicator:
    """An indicator by which the areas of a study are ranked: a title, the unit of its rate, and what it does not show.

    `events` is False for a number of registered persons: it has no Poisson interval.
    """

    name: str
    title: str
    unit: str
    per: int
    limits: str
    events: bool = True

    @property
    def told(self) -> str:
        """Return the limits of the comparison, each once."""
        opening = NOT_INCIDENCE.rstrip(".")
        return self.limits if self.limits.startswith(opening) else f"{NOT_INCIDENCE} {self.limits}"


UNODC = ComparedIndicator(
    "unodc",
    "detected victims reported to UNODC",
    detection.UNIT,
    detection.PER,
    "A country that detects more ranks higher. The latest year of each country in this series, "
    f"{RANKED_YEARS[0]} to {RANKED_YEARS[1]}, which need not be its headline number.",
)
TIP = ComparedIndicator(
    "us_reports",
    "victims identified according to US reports",
    detection.UNIT,
    detection.PER,
    "A country that detects more ranks higher, and reports differ in what they count. The latest period of each "
    f"country in this series, {RANKED_YEARS[0]} to {RANKED_YEARS[1]}, which need not be its headline number.",
)
INEXACT = {"at_least": "at least this", "below_5": "count below 5, may be 0", "approx": "about this"}
# The levels of the two limits of a funnel, as they are printed.
INNER, OUTER = map(intervals.percent, LEVELS.values())


@remembered
def compared_indicators(study: Place) -> tuple[ComparedIndicator, ...]:
    """Return the indicators that rank the areas of a study: reported victims of countries, and declared indicators."""
    study = areas.study_id(study)
    declared = tuple(_declared(each) for each in indicators.of(study) if each.compared)
    return (UNODC, TIP, *declared) if areas.STUDIES[study].of_countries else declared


def _declared(indicator: indicators.Indicator) -> ComparedIndicator:
    return ComparedIndicator(
        indicator.indicator,
        indicator.compared_as or lower_first(indicator.words),
        f"per {indicator.per:,} inhabitants",
        indicator.per,
        indicator.compared_limits or f"{indicator.limits} Of the latest period in which most areas have a figure.",
        events=not indicator.stock,
    )


@remembered
def counted(study: Place, indicator: ComparedIndicator) -> pd.DataFrame:
    """One row an area of `study`: the count behind `indicator` and the inhabitants nearest to its date.

    Returns
    -------
    area_id, name, low, high, value_qualifier, population (missing where there is no count), date_low, date_high,
    source_id, kind (``synthetic`` if the count is synthetic, or the population).
    """
    study = areas.study_id(study)
    counts = _national(study, indicator) if indicator in (UNODC, TIP) else _local(study, indicator)
    people = evidence.population_near(counts["area_id"], counts.set_index("area_id")["date_low"].dt.year, study)
    # A rate of synthetic inhabitants is synthetic.
    is_synthetic = any(entry.kind == "synthetic" for entry in catalog.own_tables("population", study))
    counts = counts.assign(kind="synthetic") if is_synthetic else counts
    columns = ["area_id", *intervals.COLUMNS, "date_low", "date_high", "source_id", "kind"]
    table = counts[columns].merge(people[["area_id", "population"]], on="area_id", how="left")
    return areas.load(study)[["area_id", "name"]].merge(table, on="area_id", how="left")


def compared(study: Place, indicator: ComparedIndicator) -> pd.DataFrame:
    """The rates of the areas of a study, as the notebook on incidence computes them: see `rate_table`."""
    counts = counted(study, indicator)
    return rate_table(counts, counts[["area_id", "population"]], per=indicator.per)


def comparable(study: Place) -> list[ComparedIndicator]:
    """The indicators by which any area of a study has a rate."""
    return [
        indicator for indicator in compared_indicators(study) if compared(study, indicator)["rate_low"].notna().any()
    ]


def _national(study: str, indicator: ComparedIndicator) -> pd.DataFrame:
    """The headline of each country within one series, so that like is compared with like, where its year is ranked.

    The part of a total is compared with nothing.
    """
    source = "UNODC" if indicator is UNODC else "TIP"
    found = [headlines.of_series(iso3, headlines.VICTIMS, source) for iso3 in areas.ids(study)]
    rows = pd.DataFrame([vars(each) for each in found if each.completeness != headlines.NONE and not each.kind])
    years = rows["period_start"] + (rows["period_end"] - rows["period_start"]) / 2
    rows = rows[years.dt.year.between(*RANKED_YEARS)].assign(kind="public")
    return rows.rename(columns={"period_start": "date_low", "period_end": "date_high"})


def _local(study: str, indicator: ComparedIndicator) -> pd.DataFrame:
    """The drawn figures of the latest period that covers the most areas."""
    table = evidence.facts(areas.ids(study), indicator.name, study)
    own = table[table["preferred"]]
    if own["date_low"].isna().all():
        return own[:0]
    covered = (
        own.groupby(["date_low", "date_high"])["area_id"].nunique().reset_index().sort_values(["area_id", "date_low"])
    )
    best = covered.iloc[-1]
    return own[(own["date_low"] == best["date_low"]) & (own["date_high"] == best["date_high"])]


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
        n=_number_of(rates),
        limits=limits,
        alt=f"{title}. Highest: {highest}. {unknown} areas without a figure.{certain}",
        further=sources(place, known),
        read=known,
    )


def _number_of(table: pd.DataFrame) -> Callable[[pd.DataFrame], str]:
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
        n=_number_of(rates),
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


def with_few_inhabitants(
    place: Area, events: Mapping[ComparedIndicator, pd.DataFrame]
) -> Mapping[ComparedIndicator, pd.DataFrame]:
    """Return the counts whose chance has exhibits: of a study of areas that have few inhabitants; of others none."""
    return events if place.is_study and not place.spans_countries else {}


def without_uncertainty(place: Area, events: Mapping[ComparedIndicator, pd.DataFrame], title: str) -> Exhibit:
    """Return an exhibit that says why nothing shows what is chance in the rates of areas.

    Parameters
    ----------
    events : counts by indicator, of those that count events. title : of the exhibit.
    """
    why = "comparison"
    if not events:
        why = "No indicator of the study counts cases for all its areas."
    elif areas.STUDIES[place.study].of_countries:
        why = (
            "It is made for areas with few inhabitants. For countries the intervals of the ranks above show what "
            "chance can do."
        )
    return absent(place, title, why)


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


def funnel(place: Area, indicator: ComparedIndicator, counts: pd.DataFrame, limits: pd.DataFrame) -> Exhibit:
    """Return the rates of areas, the most populous first, before the limits around the overall one.

    Parameters
    ----------
    counts, limits : what `counted` gives of the study, and what `funnel_limits` makes of it.
    """
    title = f"{areas.get(place.study).name}: {indicator.title}, and limits around the overall rate"
    words = f"{indicator.told} {_allowed(limits)}: an area outside differs by more, in occurrence or in detection."
    if np.isinf(counts["high"]).any():
        words += " Minima do not enter the overall rate."
    outside = counts.loc[limits["position_998"].isin(["above", "below"]), "name"]
    named = ", ".join(outside)
    people = people_words(counts["area_id"], counts["population"])
    shown = limits.assign(
        label=counts["name"],
        low_95=limits["low_95"].fillna(0).where(limits["high_95"].notna()),
        inside=~limits["position_95"].isin(["above", "below"]),
        text=[
            f"{of} inhabitants: {_position(*row)}"
            for of, row in zip(people, limits[["position_95", "position_998"]].itertuples(index=False), strict=True)
        ],
        reason=[of if of == "uninhabited" else "no figure found" for of in people],
    )
    shown["text"] = shown["text"].where(limits["rate_low"].notna(), "")
    low, high = limits[["target_low", "target_high"]].iloc[0]
    target = f"all areas together: {detection.in_words(pd.Series([low]), pd.Series([high]))[0]}"
    known = counts[counts["low"].notna()]
    return exhibit(
        f"funnel_{indicator.name}",
        title,
        _funnel_rows(indicator, counts, limits),
        Plot(
            plots.dots,
            shown.sort_values("population", ascending=False, kind="stable", na_position="last"),
            estimate=("rate_low", "rate_high"),
            interval=None,
            band=("low_95", "high_95"),
            text="text",
            reason="reason",
            hollow="inside",
            at={target: low} if low == high else None,
            span={target: (low, high)} if low < high else None,
            highlight=highlighted(place),
            xlabel=indicator.unit,
            estimate_label="outside",
            hollow_label=f"inside the {INNER} limits",
            band_label=f"{INNER} limits, widened as areas differ by more than chance"
            if limits["inflated"].any()
            else f"{INNER} of rates that chance allows",
        ),
        n=_number_of(counts),
        limits=words,
        alt=f"{title}. " + (f"Beyond the outer limits: {named}." if named else "No area is beyond the outer limits."),
        further=sources(place, known),
        read=known,
    )


def funnels(
    place: Area,
    events: Mapping[ComparedIndicator, pd.DataFrame],
    limits: Mapping[ComparedIndicator, pd.DataFrame],
) -> tuple[Exhibit, ...]:
    """Return a funnel of each indicator that has limits; where none has, why.

    Parameters
    ----------
    events, limits : counts by indicator, and of those with few inhabitants what `funnel_limits` gives.
    """
    if not limits:
        return (without_uncertainty(place, events, "rates that chance allows"),)
    return tuple(funnel(place, each, events[each], limits[each]) for each in limits)


def _allowed(limits: pd.DataFrame) -> str:
    """Return what the limits of a funnel allow for: chance, and by how much areas differ beyond it."""
    of, chance = limits.iloc[0], "The limits allow for chance alone (exact Poisson; Spiegelhalter, 2005)"
    if of["overdispersion"] == "none":
        return chance
    low, high = (f"{of[name]:.2g}" if of[name] < 10 else f"{of[name]:,.0f}" for name in ("phi_low", "phi_high"))
    number, phi = of["phi_areas"], low if low == high else f"{low} to {high}"
    if of["inflated"]:
        return (
            f"The areas differ by more than chance (variance {phi} times that of chance; {number} areas, "
            f"{100 * WINSORISED:g}% at each end winsorised), and the limits allow for it (Spiegelhalter, 2005)"
        )
    if number < FEWEST_AREAS:
        return f"{chance}, as {number} areas are too few to say by how much areas usually differ"
    return f"{chance}, as the {number} areas differ no more than that (variance {phi} times that of chance)"


def _funnel_rows(indicator: ComparedIndicator, counts: pd.DataFrame, limits: pd.DataFrame) -> Table:
    """Rates and control limits; a lower limit that counts are too small for is 0."""
    known = limits["high_95"].notna()
    lower = {name: limits[name].fillna(0).where(known) for name in ("low_95", "low_998")}
    return Table(
        limits.assign(**lower, name=counts["name"], area_id=counts["area_id"], population=counts["population"]),
        {
            "Area": "name",
            "Count": COUNT,
            "Inhabitants": INHABITANTS,
            indicator.unit: Words(detection.in_words, "rate_low", "rate_high"),
            f"{INNER} limits": Words(detection.in_words, "low_95", "high_95"),
            f"{OUTER} limits": Words(detection.in_words, "low_998", "high_998"),
            "Position": Words(lambda *each: list(map(_position, *each)), "position_95", "position_998"),
        },
    )


def neighbours_of(place: Area, counts: pd.DataFrame, number: int) -> pd.DataFrame:
    """The neighbours of the areas whose rate is known: an uninhabited island is nobody's neighbour.

    Parameters
    ----------
    number : how many nearest areas an area without a border has.
    """
    shapes = areas.boundaries(place.study)
    known = counts[counts["low"].notna() & counts["population"].gt(0)]
    return neighbours(shapes[shapes["area_id"].isin(known["area_id"])], number=number, projection=place.projection)


def smoothed(
    place: Area,
    indicator: ComparedIndicator,
    counts: pd.DataFrame,
    rates: Mapping[str, pd.DataFrame],
    beside: pd.DataFrame,
) -> Exhibit:
    """Return raw rates, each joined with its smoothed ones.

    Parameters
    ----------
    counts, beside : what `counted` and `neighbours_of` give of the study.
    rates : what `smooth_rates` gives, by what it draws towards.
    """
    first = next(iter(rates.values()))
    people = people_words(counts["area_id"], counts["population"])
    texts_beside = [
        f"{n} of {of}" if known else ""
        for n, of, known in zip(count_words(first), people, first["raw_low"].notna(), strict=True)
    ]
    why = [of if of == "uninhabited" else "no figure found" for of in people]
    raw = first.assign(kind="raw rate", rate_low=first["raw_low"], rate_high=first["raw_high"], raw=True)
    drawn_in = [each.assign(kind=f"smoothed towards {kind}", raw=False) for kind, each in rates.items()]
    order = ((raw["raw_low"] + raw["raw_high"]) / 2).sort_values(ascending=False, kind="stable").index
    both = [each.assign(label=counts["name"], text=texts_beside, reason=why).loc[order] for each in (raw, *drawn_in)]
    title = f"{areas.get(place.study).name}: {indicator.title}, raw and smoothed"
    known = counts[counts["low"].notna()]
    return exhibit(
        f"smoothed_{indicator.name}",
        title,
        _smoothed_rows(indicator, counts, rates, beside),
        Plot(
            plots.dots,
            pd.concat(both, ignore_index=True),
            estimate=("rate_low", "rate_high"),
            interval=None,
            series="kind",
            hollow="raw",
            text="text",
            reason="reason",
            connect=True,
            highlight=highlighted(place),
            xlabel=indicator.unit,
            text_label="count of inhabitants",
        ),
        n=_number_of(counts),
        limits=f"{indicator.told} Smoothed rates (empirical Bayes; Marshall, 1991) have smaller errors on the whole, "
        f"and hide an area that truly differs. {_joined(beside, counts.set_index('area_id')['name'])}",
        alt=f"{title}, {indicator.unit}: each raw rate is joined with its two smoothed ones.",
        further=sources(place, known),
        read=known,
    )


def smoothed_rates(
    place: Area,
    events: Mapping[ComparedIndicator, pd.DataFrame],
    rates: Mapping[ComparedIndicator, Mapping[str, pd.DataFrame]],
    beside: Mapping[ComparedIndicator, pd.DataFrame],
) -> tuple[Exhibit, ...]:
    """Return raw and smoothed rates of each indicator that has them; where none has, why.

    Parameters
    ----------
    events : counts by indicator. rates, beside : of those with few inhabitants, as `smoothed` takes them.
    """
    if not rates:
        return (without_uncertainty(place, events, "smoothed rates"),)
    return tuple(smoothed(place, each, events[each], rates[each], beside[each]) for each in rates)


def _smoothed_rows(
    indicator: ComparedIndicator, counts: pd.DataFrame, smoothed: Mapping[str, pd.DataFrame], beside: pd.DataFrame
) -> Table:
    """Raw and smoothed rates, with the neighbours of each area."""
    names, first = counts.set_index("area_id")["name"], next(iter(smoothed.values()))
    around = beside.dropna().assign(name=beside["neighbour_id"].map(names)).groupby("area_id")["name"].agg(", ".join)
    towards = {kind: f"towards_{kind.replace(' ', '_')}" for kind in smoothed}
    rates = {
        f"{towards[kind]}_{end}": each[f"rate_{end}"] for kind, each in smoothed.items() for end in ("low", "high")
    }
    of_areas = {name: counts[name] for name in ("name", "area_id", "population")}
    return Table(
        first.assign(**of_areas, **rates, neighbours=counts["area_id"].map(around).fillna("none")),
        {
            "Area": "name",
            "Count": COUNT,
            "Inhabitants": INHABITANTS,
            f"Raw, {indicator.unit}": Words(detection.in_words, "raw_low", "raw_high"),
            **{
                f"Towards {kind}": Words(detection.in_words, f"{each}_low", f"{each}_high")
                for kind, each in towards.items()
            },
            "Neighbours": "neighbours",
        },
    )


def _joined(beside: pd.DataFrame, names: pd.Series) -> str:
    """A sentence on what the neighbours are, and how islands were joined."""
    bordering = set(beside.loc[beside["how"] == "contiguous", "area_id"])
    others = [area_id for area_id in beside["area_id"].unique() if area_id not in bordering]
    if not bordering:
        return "No two areas share a border: each is joined with the two nearest to it, and they with it."
    if not others:
        return "Neighbours share a border."
    listed = ", ".join(names[area_id] for area_id in others)
    return f"Neighbours share a border. Joined with the two nearest, as they border no area with a figure: {listed}."


def _position(inner: str, outer: str) -> str:
    """Return the position of an area by the inner and the outer limits."""
    if inner == outer:
        return inner if inner == "not known" else f"{inner} both"
    return f"{inner} {INNER}, {outer} {OUTER}"


take_names(__name__)
