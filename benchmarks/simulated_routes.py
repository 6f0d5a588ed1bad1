"""How much of the ways that were simulated in synthetic studies the lists give back, and how often intervals hold.

    python benchmarks/simulated_routes.py                       the committed studies, and 200 newly drawn of each
    python benchmarks/simulated_routes.py --studies 20          fewer
    python benchmarks/simulated_routes.py --into FOLDER         where simulated_routes_SYNTHETIC.csv and .png go

The committed studies are what `python -m analysis intake` has made of their lists: misspelt, half blank and linked by
machine. Newly drawn ones have the persons, ways, lists and blanks of the same designs, without spelling or linkage.
Ways and corridors of three persons or more are held against the true ones of the persons on the lists that ask for
transit. A cell for transit that is blank reads as a direct way: nobody can tell the two apart. A true corridor of five
persons that is part of a longer one of three is not listed, and counts as not found.

An interval holds if it contains the expected share, which is the mean over all studies that were drawn: of the true
ways of the persons on the lists that ask ("the truth"), and of what lists write, which is what an interval is of.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

import journeys
from analysis import areas, plots
from analysis.cases import mapping, processed
from analysis.cases.mapping import Mapping
from analysis.cases.places import gazetteer
from analysis.exhibits import record_paths
from analysis.methods import origin_destination
from bounded import intervals
from journeys import transit

ROOT = Path(__file__).resolve().parents[1]
# Where tools/ is.
sys.path.insert(0, str(ROOT))

from tools.synthetic.case_records import STUDIES, injected_errors, lists, population  # noqa: E402
from tools.synthetic.case_records.layouts import LAYOUTS  # noqa: E402
from tools.synthetic.case_records.study import MAPPINGS  # noqa: E402

NAMES = {"demo_provinces": "provinces", "demo_islands": "islands"}
SUPPORT = 3
LOST = 0.3
# Persons on lists that do not ask where they come from may come from elsewhere than the others.
EVERY = "scopes, of all persons on lists"
LIMITS = (
    "Synthetic studies: what holds there may not hold elsewhere. An interval of 95 % is of the persons that lists see, "
    "not of all who were moved."
)


@dataclass(frozen=True, eq=False)
class Seen:
    """What the lists of a study have of journeys, and the true ways of the persons on them.

    Parameters
    ----------
    stops : as ``routes.journeys`` reads them, with person_id, year.
    ways, years : of each person on a list, the true way (XDM>XDP-WILLOW>XDP-FIG) and year.
    asked, asked_origin : the persons on a list that asks for transit, and for the origin.
    """

    study: str
    stops: pd.DataFrame
    ways: dict[str, str]
    years: dict[str, int]
    asked: frozenset[str]
    asked_origin: frozenset[str]

    @property
    def ways_asked(self) -> dict[str, str]:
        return {person: way for person, way in self.ways.items() if person in self.asked}

    @property
    def ways_from(self) -> list[str]:
        return [way for person, way in self.ways.items() if person in self.asked_origin]


def committed(study: str) -> Seen:
    """The study as its lists were taken in and linked."""
    tables = processed.load(study)
    records = tables.case_records
    about = records[["record_id", "person_id", "list_id"]].rename(columns={"record_id": "journey_id"})
    about["year"] = records["date_low"].dt.year.astype("Int64")
    stops = tables.stops.drop(columns=["date_low", "date_high", "date_precision"]).merge(about, on="journey_id")
    own = set(areas.ids(study))
    nodes = journeys.study_nodes(gazetteer(study), own, areas.get(study).iso3)
    # Parts of an area are the area; other provinces stay what they are, as ways were simulated through them.
    stops["place_id"] = stops["place_id"].map(lambda place: nodes[place] if nodes.get(place) in own else place)
    truth = ROOT / "data/raw/synthetic" / study / "truth"
    captures = pd.read_csv(truth / "captures.csv", keep_default_na=False).query("quarantine == ''")
    persons = pd.read_csv(truth / "persons.csv", keep_default_na=False).set_index("true_person")
    persons = persons.loc[captures["true_person"].unique()]
    on = {
        name: frozenset(captures.loc[[_asks(study, one)[at] for one in captures["list_id"]], "true_person"])
        for at, name in enumerate(("asked_origin", "asked"))
    }
    return Seen(study, stops, persons["journey"].to_dict(), persons["year"].to_dict(), **on)


@cache
def _mapping(study: str, list_id: str) -> Mapping:
    return mapping.load(MAPPINGS / study / f"{list_id}{mapping.SUFFIX}")


def _asks(study: str, list_id: str) -> tuple[bool, bool]:
    """Whether a list asks for the origin, and for transit."""
    found = _mapping(study, list_id)
    return any(stop.role == "origin" for stop in found.stops) or found.asks_for_transit, found.asks_for_transit


def drawn(study: str, seed: int) -> Seen:
    """The study drawn anew: other persons, captures and blanks; nothing misspelt, and every person known again."""
    design = STUDIES[study]()
    who, seen, written = np.random.default_rng([seed, 2]).spawn(3)
    people = population.people(design, population.totals(design, design.persons), who)
    records = injected_errors.records(design, lists.captures(design, people, seen), people, written)
    found = []
    way_of = [">".join(way.places) for way in design.corridors]
    number = people["corridor"].to_numpy()[records["person"]]
    bits = injected_errors.BIT
    stated = {name: (records["stated"].to_numpy() & bits[name]) > 0 for name in ("origin", "transit", "area")}
    asking, asking_origin = np.zeros((2, len(records)), bool)
    for place, layout in enumerate(LAYOUTS[study]):
        here = (records["list"] == place).to_numpy()
        of_list = _mapping(study, layout.list_id)
        asks_origin, asks_transit = _asks(study, layout.list_id)
        asking_origin |= here & asks_origin
        asking |= here & asks_transit
        asked_for = {stop.role for stop in of_list.stops if isinstance(stop.role, str)}
        # A sheet of stops has all of them; a column may be blank, and the place of exploitation is mostly the area.
        has = {
            "origin": here & (bool(layout.stops) | (stated["origin"] & ("origin" in asked_for))),
            "transit": here & (bool(layout.stops) | (stated["transit"] & ("transit" in asked_for))),
            "exploitation": here & (bool(layout.stops) | (stated["area"] & ("exploitation" in asked_for))),
        }
        for corridor, way in enumerate(design.corridors):
            of_way = number == corridor
            for at, stop in enumerate(way.places):
                role = "origin" if at == 0 else "exploitation" if at == len(way.places) - 1 else "transit"
                shown = np.flatnonzero(of_way & has[role])
                found.append(pd.DataFrame({"record": shown, "at": at, "place_id": stop, "role": role}))
    stops = pd.concat(found, ignore_index=True).sort_values(["record", "at"], ignore_index=True)
    record = stops.pop("record").to_numpy()
    person = records["person"].to_numpy()
    stops = stops.assign(
        journey_id=record,
        seq=stops.groupby(record).cumcount() + 1,
        transit_asked=asking[record],
        person_id=person[record],
        year=people["year"].to_numpy()[person[record]],
    ).drop(columns="at")
    ways = {one: way_of[people["corridor"].iloc[one]] for one in np.unique(person)}
    years = dict(enumerate(people["year"]))
    return Seen(study, stops, ways, years, frozenset(person[asking]), frozenset(person[asking_origin]))


# --- what is true of persons ---------------------------------------------------------------------------------------


def places_of(way: str) -> list[str]:
    """The places of a way, where those that follow on themselves are one."""
    places = way.split(">")
    return [place for at, place in enumerate(places) if at == 0 or place != places[at - 1]]


def sequences(ways: dict[str, str]) -> dict[tuple[str, ...], set[str]]:
    """Who went through each sequence of two or more places, by looking at every part of every way."""
    went: dict[tuple[str, ...], set[str]] = {}
    for person, way in ways.items():
        places = places_of(way)
        for start in range(len(places)):
            for end in range(start + 2, len(places) + 1):
                went.setdefault(tuple(places[start:end]), set()).add(person)
    return went


def true_corridors(ways: dict[str, str], support: int) -> set[str]:
    """The maximal sequences that at least `support` persons went through."""
    frequent = [chain for chain, who in sequences(ways).items() if len(who) >= support]
    return {">".join(chain) for chain in frequent if not any(_part(chain, other) for other in frequent)}


def _part(chain: tuple[str, ...], other: tuple[str, ...]) -> bool:
    sizes = range(len(other) - len(chain) + 1)
    return chain != other and any(other[at : at + len(chain)] == chain for at in sizes)


def true_ways(ways: Iterable[str], fewest: int) -> set[str]:
    counts = pd.Series(list(ways), dtype=object).value_counts()
    return set(counts.index[counts >= fewest])


# --- what was found of it ------------------------------------------------------------------------------------------


def found_ways(seen: Seen) -> set[str]:
    """The whole observed ways of three persons or more."""
    table = journeys.journey_paths(seen.stops)
    return set(table.loc[(table["gap"] == journeys.OBSERVED) & (table["persons"] >= SUPPORT), "path"])


def found_corridors(seen: Seen) -> set[str]:
    return set(journeys.corridors(seen.stops, SUPPORT)["corridor"])


def found_again(seen: Seen) -> list[dict]:
    """Of ways and corridors, how many were found, how many are true, and how many of the true ones were found."""
    rows = []
    ways = seen.ways_asked
    for what, found in (("paths", found_ways(seen)), ("corridors", found_corridors(seen))):
        for fewest in (SUPPORT, 5):
            true = true_ways(ways.values(), fewest) if what == "paths" else true_corridors(ways, fewest)
            # Whatever anybody went is no invention, however few they were.
            anybody = set(ways.values()) if what == "paths" else {">".join(chain) for chain in sequences(ways)}
            rows.append(
                {
                    "what": what,
                    "fewest": fewest,
                    "found": len(found),
                    "true": len(true),
                    "both": len(found & true),
                    "never_gone": len(found - anybody),
                    "false": ";".join(sorted(found - true)),
                    "missed": ";".join(sorted(true - found)),
                }
            )
    return rows


def scope_of(study: str, ways: Iterable[str]) -> pd.Series:
    """The true share of each scope."""
    ways = list(ways)
    ends = [(way.split(">")[0], way.split(">")[-1]) for way in ways]
    own = set(areas.ids(study))
    country = [tuple(journeys.country_of(place) for place in pair) for pair in ends]
    reach = origin_destination.scope([one for one, _ in country], [other for _, other in country], regions(study))
    within = np.array([one == other and one in own for one, other in ends])
    counted = reach.mask(within, "within area").value_counts()
    return (counted / len(ways)).reindex(origin_destination.JOURNEY_SCOPES, fill_value=0.0).drop(journeys.UNKNOWN)


def regions(study: str) -> pd.DataFrame:
    """Regions of countries, with those that the study itself declares."""
    return record_paths.regions(areas.get(study))


def passed(ways: Iterable[str]) -> pd.Series:
    """The true share of persons whose way leads through each place, ends left out."""
    ways = [places_of(way) for way in ways]
    through = [place for way in ways for place in set(way[1:-1]) - {way[0], way[-1]}]
    return pd.Series(through, dtype=object).value_counts() / len(ways)


def persons_by_scope(seen: Seen, by: str | tuple[()] = ()) -> pd.DataFrame:
    return origin_destination.journey_scopes(seen.stops, regions(seen.study), areas.ids(seen.study), by)


# --- what is lost --------------------------------------------------------------------------------------------------


def lose(stops: pd.DataFrame, rng: np.random.Generator, share: float = LOST) -> dict[str, pd.DataFrame]:
    """The stops with a share of transit lost: the place blank, the row gone, or gone and the others numbered anew."""
    lost = (stops["role"] == "transit").to_numpy() & (rng.random(len(stops)) < share)
    gone = stops[~lost]
    anew = gone.assign(seq=gone.groupby("journey_id")["seq"].rank(method="first").astype(int))
    return {"blank": stops.assign(place_id=stops["place_id"].mask(lost, "")), "row gone": gone, "numbered anew": anew}


def direct_legs(stops: pd.DataFrame) -> pd.DataFrame:
    """Persons with an observed leg between two places, by pair."""
    legs = journeys.legs(stops).astype({"journey_id": object, "from_place": str, "to_place": str})
    seen = legs[legs["gap"] == journeys.OBSERVED].merge(
        stops.drop_duplicates("journey_id")[["journey_id", "person_id"]]
    )
    pairs = seen.groupby(["from_place", "to_place"])["person_id"]
    return pd.DataFrame({"persons": pairs.nunique(), "legs": pairs.size()})


def losses(stops: pd.DataFrame, times: int, seed: int) -> pd.DataFrame:
    """What losing a share of transit makes appear, drawn `times` times in each of three ways.

    Returns
    -------
    DataFrame, one row a draw: how; new_pairs (of places that were not observed next to each other), new_legs (more
    than were observed), pairs_that_rise; new_corridors, corridors_that_rise (of which more persons are seen).
    """
    rng = np.random.default_rng([seed, 3])
    before, every = direct_legs(stops), _observed_sequences(stops)
    rows = []
    for _ in range(times):
        for how, less in lose(stops, rng).items():
            after = direct_legs(less)
            was = before.reindex(after.index)
            found = journeys.corridors(less, SUPPORT)
            known = [len(every.get(tuple(name.split(">")), ())) for name in found["corridor"]]
            rows.append(
                {
                    "how": how,
                    "new_pairs": int(was["legs"].isna().sum()),
                    "new_legs": int((after["legs"] - was["legs"].fillna(0)).clip(lower=0).sum()),
                    "pairs_that_rise": int(((after > was).any(axis=1) & was["legs"].notna()).sum()),
                    "new_corridors": sum(count == 0 for count in known),
                    "corridors_that_rise": int((found["persons"] > known).sum()),
                }
            )
    return pd.DataFrame(rows)


def _observed_sequences(stops: pd.DataFrame) -> dict[tuple[str, ...], set[str]]:
    """Who went through each sequence of places by observed legs: in plain Python, from the legs of journeys."""
    legs = journeys.legs(stops)
    person = stops.drop_duplicates("journey_id").set_index("journey_id")["person_id"]
    pieces: dict[tuple[str, int], list[str]] = {}
    last, piece = None, 0
    columns = [legs[name].astype(object) for name in ("journey_id", "from_place", "to_place", "gap")]
    for journey, start, end, gap in zip(*columns, strict=True):
        piece += journey != last
        last = journey
        if gap != journeys.OBSERVED:
            piece += 1
        elif (journey, piece) in pieces:
            pieces[journey, piece].append(end)
        else:
            pieces[journey, piece] = [start, end]
    went: dict[tuple[str, ...], set[str]] = {}
    for (journey, _), places in pieces.items():
        for chain in sequences({journey: ">".join(places)}):
            went.setdefault(chain, set()).add(person[journey])
    return went


# --- how often intervals hold --------------------------------------------------------------------------------------


def estimates(seen: Seen) -> pd.DataFrame:
    """What intervals are made of: kind, name, share, low, high; and the truth of the persons on the lists."""
    read = journeys.journeys(seen.stops)
    known = read.chosen((read.origin >= 0) & (read.destination >= 0))
    flows = journeys.flows(known)
    ways = journeys.journey_paths(read).query("gap == 'observed'")
    by_scope = persons_by_scope(seen).query("scope != 'unknown'").drop(columns=["share", "share_low", "share_high"])
    by_scope = by_scope.rename(columns={"known_share": "share", "known_low": "share_low", "known_high": "share_high"})
    ends = pd.Series([">".join((way.split(">")[0], way.split(">")[-1])) for way in seen.ways_from])
    asked = pd.Series([">".join(w if len(w := places_of(way)) > 1 else w * 2) for way in seen.ways_asked.values()])
    kinds = {
        "flows": (flows["origin"] + ">" + flows["destination"], flows, ends.value_counts(normalize=True)),
        "scopes": (by_scope["scope"], by_scope, scope_of(seen.study, seen.ways_from)),
        EVERY: (by_scope["scope"], by_scope, scope_of(seen.study, seen.ways.values())),
        "paths": (ways["path"], ways, asked.value_counts(normalize=True)),
    }
    through = transit(read)
    kinds["transit"] = (through["place"], through, passed(seen.ways_asked.values()))
    tables = []
    for kind, (name, table, truth) in kinds.items():
        one = table.rename(columns={"share_low": "low", "share_high": "high"}).assign(kind=kind, name=name.to_numpy())
        one = one[["kind", "name", "share", "low", "high", "n"]]
        whole = float(one["n"].max()) if len(one) else np.nan
        one = one.set_index("name").reindex(
            one["name"].tolist() + [k for k in truth.index if k not in set(one["name"])]
        )
        # What no list shows has a row too: a share of 0, with Wilson's limits.
        none = one["share"].isna()
        low, high = intervals.wilson(0, 0, whole)
        one = one.fillna({"kind": kind, "share": 0.0, "low": low, "high": high, "n": whole})
        tables.append(one.assign(truth=truth.reindex(one.index).fillna(0.0), seen=~none).reset_index())
    return pd.concat(tables, ignore_index=True).assign(study=seen.study)


def judged(task: tuple[str, int]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """One drawn study: its estimates, what was found again, and what losing stops made appear."""
    study, seed = task
    seen = drawn(study, seed)
    about = {"study": study, "seed": seed}
    tables = estimates(seen), pd.DataFrame(found_again(seen)), losses(seen.stops, 1, seed)
    return tuple(table.assign(**about) for table in tables)  # type: ignore[return-value]


def scopes_by_year(seen: Seen) -> pd.DataFrame:
    """The share of each scope in each year, its limits, and what is true of the persons who were asked: truth."""
    table = persons_by_scope(seen, "year").query("scope != 'unknown'").set_index(["year", "scope"])
    of_year = {}
    for year in table.index.get_level_values("year").unique():
        ways = [way for one, way in seen.ways.items() if one in seen.asked_origin and seen.years[one] == year]
        of_year[year] = scope_of(seen.study, ways)
    table["truth"] = pd.concat(of_year).reindex(table.index)
    return table.reset_index()[["year", "scope", "known_share", "known_low", "known_high", "truth"]]


def coverage(rows: pd.DataFrame, smallest: float = 0.01) -> pd.DataFrame:
    """How often intervals contain the expected share, of names whose expected share is at least `smallest`.

    Returns
    -------
    DataFrame, one row a study and kind: names, intervals, holds_truth, holds_written (shares of intervals), width
    (median, of intervals), bias (largest difference of expected share as written from the truth).
    """
    draws = rows["seed"].nunique()
    keys = ["study", "kind", "name"]
    # A name that a study does not have has a share of 0 there, and Wilson's limits of none of as many.
    every = pd.MultiIndex.from_product([rows["seed"].unique(), range(len(rows[keys].drop_duplicates()))])
    named = rows[keys].drop_duplicates().reset_index(drop=True)
    table = (
        named.take(every.get_level_values(1))
        .assign(seed=every.get_level_values(0))
        .merge(rows, "left", [*keys, "seed"])
    )
    whole = table.groupby(["study", "kind", "seed"])["n"].transform("max")
    low, high = intervals.wilson(0, 0, whole.fillna(1))
    table = table.assign(
        share=table["share"].fillna(0), truth=table["truth"].fillna(0),
        low=table["low"].fillna(pd.Series(low, table.index)), high=table["high"].fillna(pd.Series(high, table.index)),
    )  # fmt: skip
    expected = table.groupby(keys)[["share", "truth"]].transform("mean")
    table = table.assign(
        as_written=(table["low"] <= expected["share"]) & (expected["share"] <= table["high"]),
        as_true=(table["low"] <= expected["truth"]) & (expected["truth"] <= table["high"]),
        bias=(expected["share"] - expected["truth"]).abs(),
        width=table["high"] - table["low"],
    )
    table = table[expected["truth"] >= smallest]
    found = table.groupby(["study", "kind"], as_index=False).agg(
        names=("name", "nunique"), intervals=("name", "size"), holds_truth=("as_true", "mean"),
        holds_written=("as_written", "mean"), width=("width", "median"), bias=("bias", "max"),
    )  # fmt: skip
    return found.assign(studies=draws)


def summary(rows: pd.DataFrame, again: pd.DataFrame, lost: pd.DataFrame, of: str) -> pd.DataFrame:
    """One row a study and measure: how many of how many, share with Wilson's limits; `of` says which studies."""
    found = []
    for (study, what, fewest), group in again.groupby(["study", "what", "fewest"]):
        # What three persons went is found if three were seen; the true ones are those of three, or of five, persons.
        name = f"{what} of {SUPPORT} persons"
        if fewest == SUPPORT:
            found.append((study, f"{name}: true, of those found", group["both"].sum(), group["found"].sum()))
            gone = group["found"].sum() - group["never_gone"].sum()
            found.append((study, f"{name}: somebody went them, of those found", gone, group["found"].sum()))
        true = f"{what} of {fewest} persons: found, of the true ones"
        found.append((study, true, group["both"].sum(), group["true"].sum()))
    said = {"new_pairs": "no new pair of places", "new_corridors": "no new corridor"}
    said |= {"pairs_that_rise": "no direct leg rises", "corridors_that_rise": "no corridor rises"}
    for (study, how), group in lost.groupby(["study", "how"]):
        for name, text in said.items():
            found.append((study, f"transit lost ({how}): {text}", (group[name] == 0).sum(), len(group)))
    for row in rows.itertuples():
        for kind in (kind for kind in ("truth", "written") if f"holds_{kind}" in rows):
            held = round(getattr(row, f"holds_{kind}") * row.intervals)
            of_what = "the truth" if kind == "truth" else "what lists write"
            found.append((row.study, f"intervals of {row.kind}: hold {of_what}", held, row.intervals))
    table = pd.DataFrame(found, columns=["study", "measure", "count", "number"])
    low, high = intervals.wilson(table["count"], table["count"], table["number"])
    return table.assign(share=table["count"] / table["number"], low=low, high=high, studies=of)


def held(seen: Seen) -> pd.DataFrame:
    """Of the committed study, whether each interval contains the share that is true of the persons on the lists."""
    table = estimates(seen)
    inside = (table["low"] <= table["truth"]) & (table["truth"] <= table["high"])
    yearly = scopes_by_year(seen)
    within = (yearly["known_low"] <= yearly["truth"]) & (yearly["truth"] <= yearly["known_high"])
    yearly = pd.DataFrame({"study": seen.study, "kind": "scopes of single years", "inside": within})
    found = pd.concat([table.assign(inside=inside), yearly]).groupby(["study", "kind"])["inside"]
    found = found.agg(["mean", "size"]).reset_index()
    return found.rename(columns={"mean": "holds_truth", "size": "intervals"})


def measured(studies: int, jobs: int | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The committed studies and `studies` newly drawn of each: ``summary`` of both, and ``coverage``."""
    tasks = [(study, seed) for seed in range(studies) for study in STUDIES]
    with ProcessPoolExecutor(jobs) as pool:
        results = list(tqdm(pool.map(judged, tasks), total=len(tasks), unit="study"))
    rows, again, lost = (pd.concat(tables, ignore_index=True) for tables in zip(*results, strict=True))
    covered = coverage(rows)
    seen = {study: committed(study) for study in STUDIES}
    own = [
        pd.concat(
            [table(one).assign(study=study) for study, one in seen.items()], ignore_index=True
        )
        for table in (held, lambda one: pd.DataFrame(found_again(one)), lambda one: losses(one.stops, studies, 0))
    ]  # fmt: skip
    committed_ones = summary(*own, of="committed")
    return pd.concat([committed_ones, summary(covered, again, lost, f"{studies} drawn")], ignore_index=True), covered


def picture(table: pd.DataFrame, studies: int) -> bytes:
    """What is found again, what loss makes appear, and coverage: of the newly drawn studies."""
    left_out = "rises|somebody|what lists write"
    shown = table[(table["studies"] != "committed") & ~table["measure"].str.contains(left_out)]
    shown = shown.sort_values("study", ascending=False, kind="stable")
    points = shown.assign(
        label=shown["measure"],
        group=shown["study"].map(NAMES),
        n_text=shown["count"].map("{:,}".format) + " of " + shown["number"].map("{:,}".format),
    )
    figure = plots.dots(
        points,
        estimate="share",
        series="group",
        text="n_text",
        percent=True,
        title="What lists give back of simulated ways",
        subtitle=f"{studies} studies drawn of each. Transit lost: 30 % of its stops, at random. Intervals: of 95 %.",
        xlabel="share",
        footer=plots.Footer(
            "synthetic studies", "2014-2023, synthetic", f"{2 * studies} studies", LIMITS, synthetic=True
        ),
        interval_label="95% interval of the share",
    )
    return plots.png(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=200, help="of each of the two (default: 200)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (default: one a processor)")
    parser.add_argument("--into", type=Path, default=Path(__file__).parent, help="folder of the results")
    options = parser.parse_args()
    table, covered = measured(options.studies, options.jobs)
    table.round(4).to_csv(options.into / "simulated_routes_SYNTHETIC.csv", index=False)
    (options.into / "simulated_routes_SYNTHETIC.png").write_bytes(picture(table, options.studies))
    print(table.round(3).to_string(index=False))
    print(covered.round(3).to_string(index=False))


if __name__ == "__main__":
    main()
