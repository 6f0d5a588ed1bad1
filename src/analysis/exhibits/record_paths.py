"""The journeys of case records, for those who keep them: their nodes, complete paths, steps, corridors and reach.

They show single persons too closely and are internal; what is releasable is in `record_flows`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
from IPython.display import HTML, Markdown
from matplotlib.figure import Figure

from analysis import areas, catalog, plots, texts
from analysis.areas import Area, Place
from analysis.cases.htcds import EXPLOITATION, SEX
from analysis.cases.person_counts import OTHER
from analysis.cases.places import gazetteer
from analysis.cases.processed import load
from analysis.data_read import remembered
from analysis.exhibits import route
from analysis.exhibits.any_place import take_names
from analysis.exhibits.case_records import of_records, records_footer, records_of
from analysis.exhibits.exhibit import INTERNAL, Exhibit, said
from analysis.exhibits.route import FILTERS, HEIGHT, translated
from analysis.exhibits.wording import periods
from analysis.methods import origin_destination
from journeys import MISSING_TRANSIT, OBSERVED, UNKNOWN, Journeys, fullest, study_nodes
from journeys import journeys as read_journeys

TEXT = texts.of(__name__)

LIMITS = TEXT["limits"]
NOT_LINKED = TEXT["not_linked"]
NOBODY = TEXT["nobody"]
WAYS = {OBSERVED: "observed", MISSING_TRANSIT: "not known"}


def about(place: Area) -> Markdown:
    """Of how many journeys and persons the internal sections are."""
    read = journeys(place.area_id)
    if not len(read):
        return said(NOBODY, INTERNAL)
    whole = int(read.whole.sum())
    text = TEXT["about_text"].format(
        journeys=_in_words(len(read), "journey"),
        persons=persons_in_words(read.persons),
        whole=whole,
        in_percent=in_percent(whole / len(read)),
        left_out=_left_out(place),
    )
    if not _are_linked(place):
        why = load(place.study).lists["not_linked"].max()
        text = TEXT["about_text_the_records_were"].format(why=why, text=text)
    return said(text, INTERNAL)


def _left_out(place: Area) -> str:
    """What is in no number of these journeys: records without a stop and, of an area, whoever passed it unseen."""
    study = areas.get(place.study)
    records = records_of(study)
    without = int((~records["record_id"].isin(load(place.study).stops["journey_id"])).sum())
    of = _in_words(len(records), "record")
    text = TEXT["left_out_text"].format(of=of, study_name=study.name, without=without)
    if place.is_study:
        return text
    return TEXT["shown_are_journeys"].format(text=text, place=place.name)


def _are_linked(place: Area) -> bool:
    return bool(load(place.study).case_records["person_id"].ne("").any())


def limits_of(place: Area) -> str:
    """What the journeys of a study's case records do not show, whatever is made of them."""
    return LIMITS if _are_linked(place) else NOT_LINKED


def are_shown(place: Area) -> bool:
    """Whether there are journeys of case records that may be shown."""
    return len(journeys(place.area_id)) > 0


def paths(place: Area, table: pd.DataFrame, top: int = 15) -> Exhibit:
    """The most frequent complete paths, with the simulated ones; `table` from `journeys.journey_paths`."""
    what = TEXT["ways_title"]
    whole = table[table["gap"] == OBSERVED]
    if whole.empty:
        none = TEXT["no_whole_way_is_known"].format(limits=limits_of(place))
        return of_journeys(place, "record_ways", what, pd.DataFrame(), none)
    limits = TEXT["ways_limits"].format(limits=limits_of(place), persons_in_words=persons_in_words(most(whole)))
    if lost := table.loc[table["gap"] != OBSERVED, "persons"].sum():
        limits = TEXT["ways_limits_went_by_one"].format(limits=limits.removesuffix("."), persons=persons_in_words(lost))
    true = simulated_paths(place).set_index("path")["share"]
    shown = whole.head(top)
    drawn = shown.assign(way=chains(place, shown["path"]), text=[persons_in_words(n) for n in shown["persons"]])
    if len(true):
        simulated = pd.DataFrame({"way": drawn["way"], "share": shown["path"].map(true), "what": "simulated share"})
        drawn = pd.concat([drawn.assign(what="share"), simulated.dropna(subset="share")])
    figure = plots.dots(
        drawn,
        label="way",
        estimate="share",
        interval=("share_low", "share_high"),
        series="what" if len(true) else None,
        text="text",
        xlabel=TEXT["ways_xlabel"],
        percent=True,
        title=f"{place.name}: {what}",
        subtitle=TEXT["ways_subtitle"].format(shown=len(shown), rows=len(whole)) if len(whole) > top else "",
        footer=journeys_footer(place, limits),
    )
    rows = pd.DataFrame(
        {
            "Path": chains(place, shown["path"]),
            "Persons": shown["persons"],
            "At most": shown["persons_at_most"],
            "Share (95 %)": share_words(shown),
            "Path known between these ends": [in_percent(share) for share in shown["observed_share"]],
            **_true(shown["path"].map(true) if len(true) else pd.Series(dtype=float)),
        }
    )
    text = TEXT["ways_text"].format(limits=limits, first_rows=first_rows(whole, top))
    return of_journeys(place, "record_ways", what, rows, text.strip(), figure)


def steps(place: Area, links: pd.DataFrame, layers: tuple[str, ...], top: int = 15) -> Exhibit:
    """Journeys step by step, from the origin to the place of exploitation; links and layers from `journeys.steps`."""
    what = TEXT["steps_title"]
    limits = TEXT["steps_limits"].format(limits=limits_of(place))
    figure = plots.sankey(
        links.assign(status=links["gap"].map({OBSERVED: "known", MISSING_TRANSIT: "way unknown"})),
        source="from_place",
        target="to_place",
        count="persons",
        source_stage="from_layer",
        target_stage="to_layer",
        stages=layers,
        names=names(place.study),
        title=f"{place.name}: {what}",
        footer=journeys_footer(place, limits),
    )
    shown = links.head(top)
    open_ended = shown[["from_place", "to_place"]].eq(UNKNOWN).any(axis=1)
    rows = pd.DataFrame(
        {
            "Step": [
                f"{layers[one]} to {layers[other]}"
                for one, other in zip(shown["from_layer"], shown["to_layer"], strict=True)
            ],
            "From": named(place, shown["from_place"]),
            "To": named(place, shown["to_place"]),
            "Persons": shown["persons"].round(1),
            "Path between": shown["gap"].map(WAYS).mask(open_ended, "–"),
        }
    )
    return of_journeys(place, "record_steps", what, rows, f"{limits} {first_rows(links, top)}".strip(), figure)


def corridors(place: Area, table: pd.DataFrame, support: int, top: int = 15) -> Exhibit:
    """Sequences of places that several persons passed, whatever came before and after.

    Parameters
    ----------
    table, support : from `journeys.corridors` with this support.
    """
    what = TEXT["corridors_title"].format(support=support)
    if table.empty:
        none = TEXT["corridors_none"].format(limits=limits_of(place), support=support)
        return of_journeys(place, "record_corridors", what, table, none)
    shown = table.head(top)
    rows = pd.DataFrame(
        {"Corridor": chains(place, shown["corridor"]), "Persons": shown["persons"], "Share (95 %)": share_words(shown)}
    )
    others = (table["persons_at_most"] - table["persons"]).max()
    limits = TEXT["corridors_limits"].format(
        limits=limits_of(place),
        persons_in_words=persons_in_words(most(table)),
        others=persons_in_words(others),
        first_rows=first_rows(table, top),
    )
    return of_journeys(place, "record_corridors", what, rows, limits.strip())


def regions(place: Area) -> pd.DataFrame:
    """UNODC's classification of countries; those that the study itself declares are one sub-region: iso3, subregion,
    region."""
    own = _declared(place)
    declared = pd.DataFrame({"iso3": own, "subregion": place.study, "region": place.study}, index=range(len(own)))
    return pd.concat([catalog.load("country_regions")[list(declared)], declared], ignore_index=True)


def _declared(place: Area) -> list[str]:
    """The countries that a study declares, as no list of countries has them."""
    return [row["place_id"] for row in areas.places(place.study) if row["level"] == "country"]


def scope(place: Area, table: pd.DataFrame) -> Exhibit:
    """How far journeys reach; `table` from `scopes.journey_scopes`."""
    what = TEXT["scope_title"]
    known = table[table["scope"] != UNKNOWN]
    unknown = table.loc[table["scope"] == UNKNOWN, "persons"].sum()
    limits = TEXT["scope_limits"].format(
        limits=limits_of(place),
        grouped=TEXT["scope_limits_declared"] if _declared(place) else "",
        unknown=persons_in_words(unknown),
    )
    if known["known_share"].isna().all():
        none = TEXT["scope_none"].format(limits=limits_of(place))
        return of_journeys(place, "record_scope", what, pd.DataFrame(), none)
    figure = plots.dots(
        known.assign(text=[persons_in_words(n) for n in known["persons"]]),
        label="scope",
        estimate="known_share",
        interval=("known_low", "known_high"),
        text="text",
        xlabel=TEXT["scope_xlabel"],
        percent=True,
        title=f"{place.name}: {what}",
        footer=journeys_footer(place, limits),
    )
    as_known = table.assign(share=table["known_share"], share_low=table["known_low"], share_high=table["known_high"])
    rows = pd.DataFrame(
        {
            "Scope": table["scope"].replace(UNKNOWN, "not known"),
            "Persons": table["persons"],
            "Share of known (95 %)": share_words(as_known),
            "If none or all of the unknown": pd.Series(bounds(table), table.index).mask(table["scope"] == UNKNOWN, "–"),
        }
    )
    return of_journeys(place, "record_scope", what, rows, limits, figure)


def named(place: Area, ids: pd.Series) -> pd.Series:
    """What nodes are called."""
    return ids.map(names(place.study)).fillna(ids)


def chains(place: Area, written: Iterable[str]) -> list[str]:
    """Paths in words: "Syria → Kilis → Gaziantep"."""
    called = names(place.study)
    return [" → ".join(called.get(stop, stop) for stop in path.split(">")) for path in written]


def share_words(table: pd.DataFrame) -> list[str]:
    """Shares with their intervals: "12% (9% to 15%)"."""
    return [
        "–" if share != share else f"{in_percent(share)} ({in_percent(low)} to {in_percent(high)})"
        for share, low, high in zip(table["share"], table["share_low"], table["share_high"], strict=True)
    ]


def bounds(table: pd.DataFrame) -> list[str]:
    """Bounds of shares in words."""
    return [
        f"{in_percent(low)} to {in_percent(high)}"
        for low, high in zip(table["bound_low"], table["bound_high"], strict=True)
    ]


def in_percent(share: float) -> str:
    """A share in words, rounded to nothing or to all only where it is: 12%, 0.4%, <0.1%, 0%; – where it is missing."""
    if share != share:
        return "–"
    percents = round(100 * share, 9)
    if percents in (0, 100) or 0.5 < percents < 99.5:
        return f"{percents:.0f}%"
    if 0.05 <= percents <= 99.95:
        return f"{percents:.1f}%"
    return "<0.1%" if percents < 50 else ">99.9%"


def _true(shares: pd.Series) -> dict[str, list[str]]:
    """A column of what was simulated; none where nothing was."""
    return {"Simulated": ["none" if share != share else in_percent(share) for share in shares]} if len(shares) else {}


def most(table: pd.DataFrame) -> int:
    """Of how many persons the shares of a table are."""
    return int(table["n"].max()) if len(table) else 0


def persons_in_words(count: float) -> str:
    """Persons with their number: 1 person, 1,204 persons."""
    return _in_words(count, "person")


def _in_words(count: float, what: str) -> str:
    return f"{count:,.0f} {what}" + ("" if count == 1 else "s")


def first_rows(table: pd.DataFrame, top: int) -> str:
    """A sentence on the rows that are left out of a page; none where all are there."""
    return TEXT["the_table_has_the_first"].format(shown=top, rows=len(table)) if len(table) > top else ""


FORMS = {code: label.lower() for code, label in EXPLOITATION.items()}


def explorer(place: Area, read: Journeys) -> HTML:
    """The journeys of case records, to be filtered by year, form, sex and age; internal."""
    ids = pd.Series([*read.places, UNKNOWN], dtype=object)
    traits = read.traits
    table = pd.DataFrame(
        {
            "origin": ids.to_numpy()[read.origin],
            "destination": ids.to_numpy()[read.destination],
            "person": read.person,
            "year": traits["year"],
            "form": [translated(codes, FORMS) for codes in traits["form"]],
            "sex": traits["sex"].replace({code: label.lower() for code, label in SEX.items()}),
            # In the order of ages; the empty one is not known.
            "age_group": pd.Categorical(traits["age_group"], [*AGE_GROUPS, ""]),
        }
    )
    # Whoever was taken twice from the same place to the same place is one person on that flow.
    each = table.drop_duplicates(["origin", "destination", "person"])
    flows = each.groupby(["origin", "destination", *FILTERS], as_index=False, observed=True).size()
    title = TEXT["journeys_title"].format(place=place.name)
    ends = flows[["origin", "destination"]]
    is_passed = not place.is_study and not (ends == place.area_id).any(axis=1).all()
    passing = TEXT["journeys_passing"].format(place=place.name) if is_passed else ""
    page = plots.interactive_flow_map(
        flows.assign(low=flows["size"], high=flows["size"]),
        places(place.study),
        areas.world(place.study),
        title=title,
        footer=journeys_footer(place, limits_of(place)),
        projection=areas.get(place.study).projection,
        unit="persons",
        filters=FILTERS | {"year": TEXT["journeys_year"], "age_group": TEXT["journeys_age_group"]},
        highlight=None if place.is_study else place.area_id,
        boundaries=areas.boundaries(place.study),
        note=passing + TEXT["journeys_note"],
    )
    alt = TEXT["a_map_with_filters"].format(title=title)
    return plots.show_page(page, "journeys_map", alt, INTERNAL, height=HEIGHT)


# Completed years when exploitation began: the groups of the working-age thresholds of SDG indicator 8.7.1.
AGE_GROUPS = {"under 12": (0, 11), "12-14": (12, 14), "15-17": (15, 17), "18 and over": (18, 120)}


@remembered
def journeys(place: Place) -> Journeys:
    """The journeys of a study's case records between its nodes; of an area, those that touch it."""
    place = areas.get(place)
    if not place.is_study:
        whole = journeys(place.study)
        if place.area_id not in whole.places:
            return whole.chosen(np.zeros(len(whole), bool))
        here = whole.places.get_loc(place.area_id)
        return whole.touching(here)
    records = records_of(place)
    about = pd.DataFrame(
        {
            "journey_id": records["record_id"],
            "person_id": records["person_id"],
            "date_low": records["date_low"],
            "date_high": records["date_high"],
            "year": _year_of(records),
            "sex": records["sex"].astype(str),
            "age_group": _age_group(records),
            "form": records["exploitation"].astype(str),
            "nationality": records["nationality"].astype(str),
        }
    )
    stops = load(place.study).stops.drop(columns=["date_low", "date_high", "date_precision"])
    stops = stops.merge(about, on="journey_id", how="inner", validate="m:1")
    return fullest(read_journeys(stops, nodes(place.study)))


def _year_of(records: pd.DataFrame) -> pd.Series:
    """The year of detection where the interval lies in one; empty elsewhere."""
    first, last = records["date_low"].dt.year, records["date_high"].dt.year
    return first.where(first == last).astype("Int64").astype(str).replace("<NA>", "")


def _age_group(records: pd.DataFrame) -> pd.Series:
    """The group that holds all of the interval of age at detection; empty where none does."""
    known = records["age_low"].notna() | records["age_high"].notna()
    low, high = records["age_low"].fillna(0), records["age_high"].fillna(120)
    found = pd.Series("", index=records.index)
    for name, (first, last) in AGE_GROUPS.items():
        found = found.mask(known & (low >= first) & (high <= last), name)
    return found


@remembered
def nodes(study: str) -> dict[str, str]:
    """The node of every place that a record of a study can name."""
    return study_nodes(gazetteer(study), areas.ids(study), areas.get(study).iso3)


def _part(study: str) -> str:
    """What an area of a study is called, where all of them are called the same."""
    levels = set(areas.load(study)["level"])
    return levels.pop() if len(levels) == 1 and areas.STUDIES[study].iso3 else "part"


@remembered
def names(study: str) -> dict[str, str]:
    """What the nodes of a study are called."""
    home = areas.get(study)
    country = areas.country_name(home.iso3, home.name)
    own = areas.load(study).set_index("area_id")["name"].to_dict()
    abroad = pd.Series(sorted(set(nodes(study).values()) - set(own)))
    return {
        **dict(zip(abroad, route.named(abroad), strict=True)),
        **own,
        f"rest of {home.iso3}": f"rest of {country}",
        home.iso3: f"{country}, {_part(study)} not known",
        UNKNOWN: "not known",
        OTHER: "other places",
    }


@remembered
def places(study: str) -> gpd.GeoDataFrame:
    """Where the nodes of a study are drawn: id, name, x, y (degrees; missing for nodes that are nowhere), study."""
    shapes = areas.boundaries(study)
    points = shapes.to_crs(areas.get(study).projection).representative_point().to_crs(4326)
    own = pd.DataFrame({"id": shapes["area_id"], "x": points.x, "y": points.y, "study": True})
    called = names(study)
    countries = [node for node in called if len(node) == 3 and node not in (areas.get(study).iso3, *own["id"])]
    world = areas.world(study)
    drawn = origin_destination.places(world, [code for code in countries if code in set(world["area_id"])])
    abroad = drawn.rename(columns={"lon": "x", "lat": "y"})[["id", "x", "y"]].assign(study=False)
    home = areas.get(study).iso3
    nowhere = pd.DataFrame({"id": [f"rest of {home}", home, UNKNOWN] if home else [], "study": False})
    table = pd.concat([own, abroad, nowhere], ignore_index=True)
    return table.assign(name=table["id"].map(called).fillna(table["id"]))


def journeys_footer(place: Area, limits: str) -> plots.Footer:
    """The footer of a figure of an area's journeys: those that touch it, wherever their records are from."""
    dates = journeys(place.area_id).traits
    period = periods(dates["date_low"].agg(["min"]), dates["date_high"].agg(["max"]))[0]
    return replace(records_footer(place, limits), n=_number_of_journeys(place), period=period)


def of_journeys(
    place: Area, name: str, what: str, table: pd.DataFrame, limits: str, figure: Figure | None = None
) -> Exhibit:
    """An exhibit made from journeys of case records, which is internal: it cites their lists."""
    return replace(
        of_records(place, name, what, table, limits, figure),
        alt=f"{place.name}: {what}. {_number_of_journeys(place)}.",
        release_class=INTERNAL,
    )


def _number_of_journeys(place: Area) -> str:
    read = journeys(place.area_id)
    one, other = len(read) == 1, read.persons == 1
    return TEXT["journey_of_person"].format(
        read=len(read), plural="" if one else "s", persons=read.persons, plural_persons="" if other else "s"
    )


def simulated_paths(place: Area) -> pd.DataFrame:
    """Simulated paths of all persons: path, origin, destination, persons, share; empty of real records.

    Of an area, those that touch it, as shares of these.
    """
    name = f"synthetic_{place.study}_truth_corridors"
    if catalog.case_kind(place.study) != "synthetic" or name not in catalog.datasets():
        return pd.DataFrame(columns=["path", "origin", "destination", "persons", "share"])
    table = catalog.load(name)
    of = nodes(place.study)
    stops = [
        [of.get(stop, stop) for stop in [row.origin, *filter(None, row.transit.split(">")), row.destination]]
        for row in table.itertuples()
    ]
    table = table.assign(
        path=[">".join(stop) for stop in stops],
        origin=[stop[0] for stop in stops],
        destination=[stop[-1] for stop in stops],
    )
    if not place.is_study:
        table = table[[place.area_id in stop for stop in stops]]
    summed = table.groupby(["path", "origin", "destination"], as_index=False)["persons"].sum()
    return summed.assign(share=summed["persons"] / summed["persons"].sum())


take_names(__name__)
