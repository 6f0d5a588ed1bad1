"""Attack on series of releases by somebody who knows the rules, and everybody but one person.

    python benchmarks/series_attack.py                          all sections and designs, about ten minutes on one core
    python benchmarks/series_attack.py single --design linked   one section, one design
    python benchmarks/series_attack.py single --releases 2 3 10 --secrets 3       larger
    python benchmarks/series_attack.py --draws 20 --secrets 1   smaller
    python benchmarks/series_attack.py --into FOLDER            where the table goes (default: benchmarks/)

All persons are synthetic. k is 11, one thread. The attackers are those of tests/series_attacker.py; they share nothing
with the library. Designs are the two demo studies, three linked tables of two dimensions each, a hierarchy of areas by
sex and age, one table of four dimensions, and, if asked for, six tables of many areas, whose values are rare.

single : one person comes, is erased, is corrected in one trait, comes in one release and leaves in a later one, or is
    in every other release, while 3 to 30 others come and leave between two releases. `--secrets` series of releases are
    made for each design, without the person; a person counts in each number in print as one more, so that each series
    serves all draws. `told` are traits with a posterior above one half and twice their share; `told_right` of them are
    right. `placebo_told`, `placebo_right` and `placebo_accuracy` are of the same attacker where nobody changed: chance.
    `gain` is the mean log-score of the true trait over that of its share, in nats; `sure` and `accuracy` the mean
    posterior of the likeliest trait and how often it is right, `base` how often the commonest trait is. `rare_` is of
    persons whose trait has a share below a tenth. `explaining` is the median number of candidates that explain the
    change about equally well, `fewest` the least.
quiet : only the person changes. Releases are made by the library, and compared with the one before in every byte.
rule : near the secret threshold others come, one person is erased, and whether a release was made tells of the person.
    `most_likely` is the most that it makes one profile likelier than another, where both are possible.
check : the same posterior by Markov chain Monte Carlo with the bounded whole noise, on the smallest design.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from itertools import product
from pathlib import Path
from unittest.mock import patch

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[threads] = "1"

import sys  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import series_attacker as attacker  # noqa: E402

import disclosure  # noqa: E402

K = disclosure.K
SECTIONS = ("single", "quiet", "rule", "check")
KINDS = ("join", "erasure", "correction", "join, then erasure", "comes and goes")
DEMOS = ("demo_islands", "demo_provinces")
LAST_OF_FIRST = 2021
Tables = dict[str, pd.DataFrame]
# Dimensions with the number of their values, the tables, and the persons of the first release.
DESIGNS: dict[str, tuple[dict[str, int], list[tuple[str, ...]], int]] = {
    "linked": (
        {"area": 5, "sex": 2, "form": 4},
        [("area", "sex"), ("area", "form"), ("sex", "form"), ("area",), ("sex",), ("form",), ()],
        700,
    ),
    "hierarchy": (
        {"area": 8, "sex": 2, "age": 4},
        [("area", "sex"), ("area", "age"), ("region", "sex", "age"), ("region",), ()],
        1200,
    ),
    "four-way": ({"area": 4, "sex": 2, "age": 3, "form": 3}, [("area", "sex", "age", "form"), ()], 1600),
    "many areas": (
        {"area": 30, "sex": 2, "age": 3, "form": 4},
        [("area", "sex"), ("area", "age"), ("area", "form"), ("sex", "age", "form"), ("area",), ()],
        6000,
    ),
}
PARENTS = {f"area{number}": f"region{number // 3}" for number in range(8)}
NESTED = {"area": pd.DataFrame({"value": list(PARENTS.values()), "atom": list(PARENTS)})}


@dataclass(frozen=True)
class Series:
    """A series of releases without the person.

    Parameters
    ----------
    releases : tables in print, each other than the one before.
    others : the true tables of all who are counted.
    pool : profiles that the person may have, and how likely each is.
    times : dimensions of time.
    own_is_left_out : whether the pool is of persons of the study, of whom the insider knows all but this one.
    repeated : releases that were the one before; `seconds` it all took.
    """

    releases: list[Tables]
    others: list[Tables]
    pool: attacker.Pool
    times: set[str]
    own_is_left_out: bool
    repeated: int
    seconds: float


def people(design: str, size: int, seed: int) -> pd.DataFrame:
    """Synthetic persons, whose traits go together a little."""
    rng = np.random.default_rng(seed)
    kinds = 3
    kind = rng.integers(0, kinds, size)
    drawn = {}
    for name, number in DESIGNS[design][0].items():
        chances = rng.dirichlet(np.full(number, 3.0), kinds)
        drawn[name] = [f"{name}{rng.choice(number, p=chances[each])}" for each in kind]
    return pd.DataFrame(drawn)


def counted(design: str, persons: pd.DataFrame) -> Tables:
    """Persons as the tables of a design; areas of a region are named by it in the column of areas."""
    found = {}
    for dimensions in DESIGNS[design][1]:
        named = cells(persons, dimensions)
        size = named.groupby(list(named)).size().rename("count").reset_index() if len(dimensions) else None
        found[" x ".join(dimensions) or "total"] = size if size is not None else pd.DataFrame({"count": [len(persons)]})
    return found


def cells(persons: pd.DataFrame, dimensions: Sequence[str]) -> pd.DataFrame:
    """The cell of each person in a table."""
    if "region" not in dimensions:
        return persons[list(dimensions)]
    own = persons.assign(area=persons["area"].map(PARENTS))
    return own[["area" if name == "region" else name for name in dimensions]]


def pool_of(design: str, printed: Tables) -> attacker.Pool:
    """All profiles of a design, as likely as what is in print says."""
    sizes = DESIGNS[design][0]
    traits = pd.DataFrame(
        list(product(*([f"{name}{number}" for number in range(size)] for name, size in sizes.items()))),
        columns=list(sizes),
    )
    values = {" x ".join(each) or "total": cells(traits, each) for each in DESIGNS[design][1]}
    return attacker.Pool(traits, values, attacker.raked(traits, values, printed))


def nested_of(design: str) -> Mapping[str, pd.DataFrame]:
    return NESTED if design == "hierarchy" else {}


def secret(seed: int) -> bytes:
    return f"SYNTHETIC {seed}".encode()


def _made(design: str, seed: int, tables: Tables, printed: Sequence[Tables]) -> Tables:
    """A release of an own design: by suppression the first, and by cell key all later ones."""
    if not printed:
        return disclosure.protect(tables, K, nested_of(design))
    return disclosure.protect(tables, K, nested_of(design), printed, method="cell_key", secret=secret(seed))


@cache
def series(design: str, releases: int, seed: int) -> Series:
    """A busy series: 3 to 30 others come, and 3 to 30 leave, between two releases."""
    return demo_series(design, releases, seed) if design in DEMOS else own_series(design, releases, seed)


def own_series(design: str, releases: int, seed: int) -> Series:
    """A busy series of one of the three own designs."""
    began = time.process_time()
    rng = np.random.default_rng(seed)
    size = DESIGNS[design][2]
    persons = people(design, size + 60 * releases, seed)
    here, new = list(range(size)), list(range(size, len(persons)))
    printed: list[Tables] = []
    others: list[Tables] = []
    repeated = 0
    while len(printed) < releases:
        if printed:
            here = sorted(rng.permutation(here)[int(rng.integers(3, 31)) :])
            came = int(rng.integers(3, 31))
            here, new = here + new[:came], new[came:]
        tables = counted(design, persons.iloc[here])
        made = _made(design, seed, tables, printed)
        if printed and attacker.same(made, printed[-1]):
            repeated += 1
            if repeated > 5 * releases:
                raise SystemExit(f"{design}: nearly all releases are the one before.")
            continue
        printed.append(made)
        others.append(tables)
    seconds = time.process_time() - began
    return Series(printed, others, pool_of(design, printed[0]), set(), False, repeated, seconds)


def demo_series(study: str, releases: int, seed: int) -> Series:
    """A busy series of a demo study: first all detected until 2021; then those of later years come."""
    from disclosure_over_time import records

    from analysis.cases.person_counts import count_tables, nested
    from analysis.cases.series_counts import count_as_before

    began = time.process_time()
    case_records, stops = records(study)
    first = pd.to_datetime(case_records["date_low"]).dt.year.groupby(case_records["person_id"]).min()
    first = first[first.index != ""]
    rng = np.random.default_rng(seed)
    here = sorted(first.index[first <= LAST_OF_FIRST])
    new = list(rng.permutation(sorted(first.index[first > LAST_OF_FIRST])))
    printed: list[Tables] = []
    others: list[Tables] = []
    repeated, closed = 0, {}
    while len(printed) < releases and repeated < 5 * releases:
        if printed:
            came = int(rng.integers(3, 31))
            here = sorted(rng.permutation(here)[int(rng.integers(3, 31)) :]) + new[:came]
            new = new[came:]
        kept = case_records[case_records["person_id"].isin(here)]
        of_kept = stops[stops["journey_id"].isin(kept["record_id"])]
        if not printed:
            tables = count_tables(kept, of_kept)
            made = disclosure.protect(tables, K, nested(tables))
            years = {str(v) for table in made.values() if "year" in table for v in table["year"]}
            closed = {"year": {year for year in years if year[-4:].isdigit() and int(year[-4:]) <= LAST_OF_FIRST}}
        else:
            tables = count_as_before(kept, of_kept, printed[-1])
            made = disclosure.protect(
                tables, K, nested(tables, *printed), printed, method="cell_key", secret=secret(seed), closed=closed
            )
            if attacker.same(made, printed[-1]):
                repeated += 1
                continue
        printed.append(made)
        others.append(tables)
    pool = demo_pool(case_records, stops, printed[-1])
    return Series(printed, others, pool, {"year"}, True, repeated, time.process_time() - began)


def demo_pool(case_records: pd.DataFrame, stops: pd.DataFrame, printed: Tables) -> attacker.Pool:
    """The profiles of all persons of a study: what each counts in, in each table."""
    from analysis.cases import series_counts

    recorded: list[pd.DataFrame] = []
    count = series_counts.counted

    def counted_and_kept(*dimensions: pd.Series) -> pd.DataFrame:
        recorded.append(pd.concat(dimensions, axis=1))
        return count(*dimensions)

    with patch.object(series_counts, "counted", counted_and_kept):
        series_counts.count_as_before(case_records, stops, printed)
    names = [name for name, table in printed.items() if attacker.names_of(table)]
    persons = recorded[0].index
    values = dict(
        zip(names, (each.reindex(persons).reset_index(drop=True).astype(str) for each in recorded), strict=True)
    )
    traits = {}
    for name in sorted({column for each in values.values() for column in each}):
        having = [each[name] for each in values.values() if name in each]
        traits[name] = max(having, key=lambda column: column.nunique())
    whole = {name: pd.DataFrame(index=range(len(persons))) for name in printed if name not in names}
    return attacker.Pool(pd.DataFrame(traits), {**values, **whole}, np.full(len(persons), 1 / len(persons)))


def presence(kind: str, releases: int) -> list[float]:
    """For each release, whether the change has happened: it does in the middle, and before the last of three."""
    if kind == "comes and goes":
        return [float(number % 2) for number in range(releases)]
    if kind == "join, then erasure":
        at = releases // 2
        return [float(at <= number < max(at + 1, releases - 2)) for number in range(releases)]
    return [float(number >= (releases + 1) // 2) for number in range(releases)]


def single(design: str, lengths: Sequence[int], secrets: int, draws: int) -> list[dict[str, object]]:
    """One row for each length and kind of change of a design."""
    rows = []
    for length, kind in product(lengths, KINDS):
        if (kind == "join, then erasure" and length < 3) or (kind == "comes and goes" and length < 4):
            continue
        parts, explained, seconds = [], [], 0.0
        for seed in range(secrets):
            made = series(design, max(lengths), seed)
            if len(made.releases) < length:
                continue
            began = time.process_time()
            one, other = attacked(made, length, kind, draws // secrets, seed)
            parts.append(one)
            explained += other
            seconds += time.process_time() - began
        if not parts:
            continue
        found = pd.concat(parts)
        said, chance = found[found["told"]], found[found["placebo_told"]]
        rare = found[found["true_share"] < 0.1]
        rows.append(
            {
                "section": "single", "design": design, "releases": length, "change": kind,
                "draws": len(explained), "traits": len(found), "told": len(said),
                "told_right": int(said["right"].sum()),
                "placebo_told": len(chance), "placebo_right": int(chance["placebo_right"].sum()),
                "rare_traits": len(rare), "rare_told_right": int((rare["told"] & rare["right"]).sum()),
                "gain": round(float(found["gain"].mean()), 4), "rare_gain": round(float(rare["gain"].mean()), 4),
                "sure": round(float(found["posterior"].mean()), 3), "accuracy": round(float(found["right"].mean()), 3),
                "placebo_accuracy": round(float(found["placebo_right"].mean()), 3),
                "base": round(float(found["guess"].mean()), 3),
                "explaining": round(float(np.median(explained)), 1), "fewest": round(min(explained), 1),
                "below_k": sum(each < K for each in explained), "seconds": round(seconds, 1),
            }
        )  # fmt: skip
        print(rows[-1], flush=True)
    return rows


def attacked(made: Series, length: int, kind: str, draws: int, seed: int) -> tuple[pd.DataFrame, list[float]]:
    """What the insider says of each trait of drawn persons, and how many candidates explain each change."""
    usual = kind if kind in ("erasure", "correction") else "join"
    fit = attacker.fitted(
        made.releases[:length], made.others[:length], made.pool, presence(kind, length),
        times=made.times, level_is_known=usual == "join",
    )  # fmt: skip
    among = attacker.candidates(made.pool, fit, usual, made.times, seed=seed)
    rng = np.random.default_rng([seed, length])
    rows, explained = [], []
    for truth in rng.choice(len(among.weights), draws, p=among.weights):
        prior, after = attacker.posterior(fit, among, int(truth), made.own_is_left_out)
        said = attacker.told(among.traits, prior, after, int(truth))
        nothing = attacker.told(among.traits, *attacker.posterior(fit, among, None), int(truth))
        rows.append(said.assign(placebo_told=nothing["told"], placebo_right=nothing["right"]))
        explained.append(attacker.explaining(prior, after))
    return pd.concat(rows), explained


def quiet(design: str, draws: int) -> list[dict[str, object]]:
    """Series in which only one person changes: how many releases are not the one before in every byte."""
    rows = []
    for start in ("true", "adjusted"):
        began = time.process_time()
        changed = again = 0
        for seed in range(draws):
            persons = people(design, DESIGNS[design][2] + 61, seed)
            rng = np.random.default_rng(seed)
            made = partial(_made, design, seed)
            here = persons.iloc[:-1]
            printed = [disclosure.protect(counted(design, here.iloc[:-30]), K, nested_of(design))]
            if start == "adjusted":
                tables = counted(design, here)
                printed.append(made(tables, printed))
            else:
                here = here.iloc[:-30]
            person = int(rng.integers(0, len(here)))
            other = here.copy()
            name = str(rng.choice(list(persons)))
            other.iloc[person] = other.iloc[person].mask(other.columns == name, persons[name].iloc[-1])
            for now in (here.drop(here.index[person]), pd.concat([here, persons.tail(1)]), other):
                changed += not attacker.same(made(counted(design, now), printed), printed[-1])
            # The same series, with the repeated release in it, and nobody who came or went.
            longer = [*printed, printed[-1]]
            again += not attacker.same(made(counted(design, here), longer), longer[-1])
        rows.append(
            {
                "section": "quiet", "design": design, "change": f"after {start} numbers", "draws": 3 * draws,
                "changed": changed, "changed_after_a_repeated_one": again, "of_repeated": draws,
                "seconds": round(time.process_time() - began, 1),
            }
        )  # fmt: skip
        print(rows[-1], flush=True)
    return rows


def rule(design: str, draws: int) -> list[dict[str, object]]:
    """Whether a release was made anew, as evidence: 8 to 30 others come, and one person is erased.

    The others are as they are, or all alike, or all as the person is. The attacker knows how the secret threshold is
    drawn, and not what it is.
    """
    rows = []
    for others in ("others", "a group", "a group of his own kind"):
        began = time.process_time()
        told_made, right, traits, most = 0, 0, 0, 1.0
        for seed in range(draws):
            rng = np.random.default_rng(seed)
            made = series(design, 2, seed % 2)
            pool = made.pool
            came = int(rng.integers(8, 31))
            new = rng.choice(len(pool.weights), came, p=pool.weights)
            new = np.full(came, new[0]) if others != "others" else new
            person = int(new[0] if "own" in others else rng.choice(len(pool.weights), p=pool.weights))
            then = made.others[-1]
            now = {name: _with(table, pool.values[name].iloc[new]) for name, table in then.items()}
            moved = attacker.moved_with(pool, now, then, made.releases[-1], "erasure")
            was_made = moved[person] >= attacker.threshold(rng)
            chances = attacker.made_with(moved) if was_made else 1 - attacker.made_with(moved)
            most = max(most, float(chances.max() / chances[chances > 0].min()))
            after = pool.weights * chances / (pool.weights * chances).sum()
            said = attacker.told(pool.traits, pool.weights, after, person)
            traits += len(said)
            told_made += int(said["told"].sum())
            right += int((said["told"] & said["right"]).sum())
        rows.append(
            {
                "section": "rule", "design": design, "change": f"erasure beside {others}",
                "draws": draws, "most_likely": round(most, 2), "traits": traits, "told": told_made, "told_right": right,
                "seconds": round(time.process_time() - began, 1),
            }
        )  # fmt: skip
        print(rows[-1], flush=True)
    return rows


def _with(table: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    """A true table with some persons more."""
    dimensions = attacker.names_of(table)
    if not dimensions:
        return table.assign(count=table["count"] + len(more))
    added = more.groupby(dimensions).size().rename("more").reset_index()
    both = table.astype(dict.fromkeys(dimensions, str)).merge(added, "outer", dimensions)
    return both[dimensions].assign(count=both["count"].fillna(0).astype(int) + both["more"].fillna(0).astype(int))


def check(design: str, draws: int, steps: int = 60_000) -> list[dict[str, object]]:
    """The posterior of a change between two adjusted releases, by the normal law and by Monte Carlo."""
    began = time.process_time()
    differences, correlations, gains = [], [], []
    for seed in range(draws):
        made = series(design, 3, seed % 2)
        fit = attacker.fitted(made.releases[:3], made.others[:3], made.pool, [0, 0, 1], level_is_known=True)
        printed = [attacker.numbers(made.releases[at]) for at in (1, 2)]
        others = [attacker.numbers(made.others[at]) for at in (1, 2)]
        both = pd.Index(sorted(printed[0].index[printed[0].notna()].intersection(printed[1].index[printed[1].notna()])))
        rest = (printed[1] - printed[0])[both] - others[1].reindex(both).fillna(0) + others[0].reindex(both).fillna(0)
        holds = attacker.incidence(attacker.places(made.pool, both), len(both)).toarray()
        rng = np.random.default_rng(seed)
        rows, donors = (rng.choice(len(made.pool.weights), 3000, p=made.pool.weights) for _ in range(2))
        names = rng.choice(np.array(list(made.pool.traits), object), 3000)
        corrected = attacker.corrections(made.pool, both, rows, donors, names).toarray()
        among = attacker.candidates(made.pool, fit, "join", set())
        truth = int(rng.choice(len(among.weights), p=among.weights))
        prior, after = attacker.posterior(fit, among, truth)
        found = attacker.sampled(
            rest.to_numpy() + holds[truth], holds, corrected, made.pool.weights, holds, steps, seed
        )
        for name in made.pool.traits:
            codes = pd.factorize(made.pool.traits[name])[0]
            normal, exact, before = (np.bincount(codes, each) for each in (after, found, prior))
            differences.append(float(np.abs(normal - exact).max()))
            correlations.append((float(normal[codes[truth]]), float(exact[codes[truth]])))
            gains.append(float(np.log(max(exact[codes[truth]], 1e-4) / before[codes[truth]])))
    row: dict[str, object] = {
        "section": "check", "design": design, "draws": draws, "traits": len(gains),
        "difference": round(float(np.mean(differences)), 3), "gain": round(float(np.mean(gains)), 4),
        "correlation": round(float(np.corrcoef(np.array(correlations).T)[0, 1]), 2),
        "seconds": round(time.process_time() - began, 1),
    }  # fmt: skip
    print(row, flush=True)
    return [row]


def one_design(
    design: str, sections: Sequence[str], releases: Sequence[int], secrets: int, draws: int
) -> list[dict[str, object]]:
    """All rows of a design."""
    rows: list[dict[str, object]] = []
    if "single" in sections:
        rows += single(design, releases, secrets, draws)
    if design not in DEMOS:
        rows += quiet(design, max(draws // 50, 1)) if "quiet" in sections else []
        rows += rule(design, draws) if "rule" in sections else []
    if "check" in sections and design == "linked":
        rows += check(design, max(draws // 20, 1))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []], help="which; default: all")
    parser.add_argument("--design", choices=[*DESIGNS, *DEMOS], action="append")
    parser.add_argument("--draws", type=int, default=200, help="of each design, length and kind")
    parser.add_argument("--releases", type=int, nargs="+", help="lengths; default: 2 3 10, and 2 3 of the demo studies")
    parser.add_argument("--secrets", type=int, default=2, help="series of each design")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--into", type=Path, default=Path(__file__).parent)
    asked = parser.parse_args()
    designs = asked.design or [*(design for design in DESIGNS if design != "many areas"), *DEMOS]
    lengths = [asked.releases or ([2, 3] if design in DEMOS else [2, 3, 10]) for design in designs]
    run = partial(one_design, secrets=asked.secrets, draws=asked.draws)
    sections = [asked.sections or SECTIONS] * len(designs)
    if asked.jobs > 1:
        with ProcessPoolExecutor(asked.jobs) as pool:
            found = list(pool.map(run, designs, sections, lengths))
    else:
        found = list(map(run, designs, sections, lengths))
    table = pd.DataFrame([row for rows in found for row in rows])
    path = asked.into / "disclosure_series_attack_SYNTHETIC.csv"
    table.to_csv(path, index=False)


if __name__ == "__main__":
    main()
