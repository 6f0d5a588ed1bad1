"""Linkage: false links and missed links at each threshold, on the synthetic studies and on lists as sources send them.

    python benchmarks/linkage_trade_off.py               twelve sets of lists, six messy ones, and two synthetic studies
    python benchmarks/linkage_trade_off.py --sets 2      fewer

The lists are those of tests/received_lists.py: four of Türkiye, a letter wrong in 12 of 100 longer names, dates of
birth stated for a part of the persons, or for none; and those of tests/messy_lists.py, half as many sets: names in four
scripts and in spellings of their own, three quarters of the pairs without a number in common. No code is shared between
them. Beside this file: linkage_trade_off_SYNTHETIC.csv and .png.
"""

import argparse
import dataclasses
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
# The second holds what tests share.
sys.path[:0] = [str(ROOT / "tests")]

import messy_lists  # noqa: E402
import received_lists  # noqa: E402
from linkage_quality import quality  # noqa: E402

from analysis import catalog, plots  # noqa: E402
from analysis.cases import record_linkage  # noqa: E402
from analysis.cases.htcds import NOT_A_VICTIM  # noqa: E402
from analysis.cases.intake import intake  # noqa: E402
from analysis.cases.person_groups import cluster  # noqa: E402
from analysis.cases.record_linkage import Linkage, link  # noqa: E402

THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.99)
STUDIES = ("demo_provinces", "demo_islands")
STATED = "lists as received, dates of birth for some"
NOT_STATED = "lists as received, ages alone"
MESSY = "messy lists, names in four scripts"
FALSE, MISSED = "links that are false", "pairs of one person that are missed"
LIMITS = "Synthetic persons: real lists differ in how names are spelt and ages are stated"


def of_study(study: str) -> tuple[Linkage, pd.DataFrame]:
    """The linkage of a synthetic study's lists, and who is who."""
    read = [intake(catalog.verify(entry.name), entry.description_path) for entry in catalog.case_lists(study)]
    records = pd.concat([each.records for each in read], ignore_index=True)
    truth = pd.read_csv(ROOT / "data" / "raw" / "synthetic" / study / "truth" / "captures.csv", dtype=str)
    return link(records[records["status"] != NOT_A_VICTIM]), truth[["record_id", "true_person"]]


def as_received(seed: int, births: bool) -> tuple[Linkage, pd.DataFrame]:
    """The linkage of four lists as received, and who is who."""
    with tempfile.TemporaryDirectory() as folder:
        records, truth = received_lists.read(received_lists.write(Path(folder), seed, births=births))
    return link(records), truth


def messy(seed: int) -> tuple[Linkage, pd.DataFrame]:
    """The linkage of four messy lists by their mappings alone, and who is who; rows about two children are left out."""
    with tempfile.TemporaryDirectory() as folder:
        truth = messy_lists.write_lists(Path(folder), seed=seed, kind="synthetic")
        records = pd.concat([intake(file).records for file in truth.files.values()], ignore_index=True)
    rows = truth.rows()
    rows = rows[(rows["children"] == 1) & (rows["person"] >= 0)].rename(columns={"person": "true_person"})
    counts = records["record_id"].isin(rows["record_id"]) & (records["status"] != NOT_A_VICTIM)
    return link(records[counts]), rows[["record_id", "true_person"]]


def counted(name: str, linked: Iterable[tuple[Linkage, pd.DataFrame]]) -> pd.DataFrame:
    """At each threshold the pairs that are linked, true, and both, summed over some linkages."""
    rows = []
    for linkage, truth in linked:
        place = pd.Series(linkage.claims.index, index=linkage.claims["record_id"])
        sides = {side: place.loc[linkage.pairs[f"record_id_{side[0]}"]].to_numpy() for side in ("left", "right")}
        pairs = linkage.pairs.assign(**sides)
        for threshold in THRESHOLDS:
            person, _ = cluster(pairs, linkage.claims, threshold)
            at = dataclasses.replace(linkage, records=linkage.records.assign(person_id=person))
            found = quality(at, truth).set_index("measure")
            rows.append((name, threshold, *found.loc["precision", ["right", "of"]], found.at["recall", "of"]))
    table = pd.DataFrame(rows, columns=["lists", "threshold", "right", "linked", "true"])
    return table.groupby(["lists", "threshold"], as_index=False).sum()


def _span(table: pd.DataFrame, measure: str) -> str:
    """Least and most that a measure falls short of all, at the default threshold."""
    short = 100 - 100 * table.loc[table["threshold"] == record_linkage.THRESHOLD, measure]
    return f"{short.min():.1f} to {short.max():.1f} %"


def picture(table: pd.DataFrame) -> bytes:
    """Two lines a panel, over the threshold."""
    shares = {FALSE: 1 - table["precision"], MISSED: 1 - table["recall"]}
    long = pd.concat([table.assign(series=name, low=100 * share, high=100 * share) for name, share in shares.items()])
    figure = plots.small_multiples(
        long,
        panel="lists",
        panels=list(dict.fromkeys(table["lists"])),
        x="threshold",
        columns=2,
        ylabel="%",
        subtitle=f"At {record_linkage.THRESHOLD:g}, the default, {_span(table, 'precision')} of links are false, and "
        f"{_span(table, 'recall')} of pairs are missed.",
        xlabel="least match probability",
        connect=True,
        title="Fewer false links, more missed pairs",
        footer=plots.Footer(
            "synthetic lists", "2014-2023, synthetic", f"{int(table.groupby('lists')['true'].first().sum()):,} pairs",
            LIMITS, synthetic=True,
        ),
    )  # fmt: skip
    return plots.png(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=12, help="sets of lists as received (default: 12)")
    parser.add_argument("--into", type=Path, default=Path(__file__).parent, help="folder of the results")
    options = parser.parse_args()
    seeds = range(200, 200 + options.sets)
    parts = [counted(study, [of_study(study)]) for study in STUDIES]
    for name, births in ((STATED, True), (NOT_STATED, False)):
        parts.append(counted(name, (as_received(seed, births) for seed in seeds)))
    parts.append(counted(MESSY, (messy(seed) for seed in range(1, 1 + max(1, options.sets // 2)))))
    table = pd.concat(parts, ignore_index=True)
    table["precision"], table["recall"] = table["right"] / table["linked"], table["right"] / table["true"]
    table.round(4).to_csv(options.into / "linkage_trade_off_SYNTHETIC.csv", index=False)
    (options.into / "linkage_trade_off_SYNTHETIC.png").write_bytes(picture(table))
    print(table.round(4).to_string(index=False))


if __name__ == "__main__":
    main()
