"""Encoded names: what linkage loses beside that of the same lists in clear, and what an estimate of the total loses.

    python benchmarks/encoded_linkage.py                four sets of each of three kinds of lists
    python benchmarks/encoded_linkage.py --sets 1       fewer

The lists are those of tests/cases/test_link.py (noise 0.6), tests/received_lists.py and tests/messy_lists.py, from
generators that share no code. "truth" is a faultless linkage. The estimate is `capture_recapture.multiple_systems`.
Beside this file: encoded_linkage_SYNTHETIC.csv.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
# The second holds what tests share.
sys.path[:0] = [str(ROOT / "tests" / "cases"), str(ROOT / "tests")]

import messy_lists  # noqa: E402
import received_lists  # noqa: E402
import test_link  # noqa: E402 - the tests' own lists
from linkage_quality import quality  # noqa: E402

import capture_recapture as cr  # noqa: E402
from analysis.cases import records as case_records  # noqa: E402
from analysis.cases.htcds import NOT_A_VICTIM  # noqa: E402
from analysis.cases.intake import intake  # noqa: E402
from analysis.cases.record_linkage import LINKAGE_COLUMNS, capture_histories, link  # noqa: E402
from analysis.intake import encode_names  # noqa: E402
from analysis.intake.name_forms import given_and_family, romanised  # noqa: E402

KEY = bytes(range(32))
IDENTITY = ("given", "family", "phone", "document")


def with_what_is_clear(make):
    """What `make` returns, with names, numbers and births in clear in columns that linkage drops."""
    of = case_records._linkage

    def linkage(values, key, rows):
        def texts(name):
            found = case_records._written(values, name, rows)
            return np.array([found.texts[code] for code in found.codes], dtype=object)

        names = {side: texts(f"{side}_name") for side in ("given", "family")}
        if "full_name" in values:
            parts = [given_and_family(text) for text in texts("full_name")]
            names = {side: [both[at] for both in parts] for at, side in enumerate(("given", "family"))}
        clear = names | {name: texts(name) for name in ("phone", "document")}
        low, high = case_records._birth({name: value for name, value in values.items() if name != "birth"}, rows)
        return of(values, key, rows) | {f"link_clear_{name}": text for name, text in clear.items()} | {
            "link_age_low": low, "link_age_high": high}  # fmt: skip

    case_records._linkage = linkage
    try:
        return make()
    finally:
        case_records._linkage = of


def clear_lists(persons: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The lists of tests/cases/test_link.py; of births the year is known beside the tokens."""
    kept, of = [], test_link.records_of
    test_link.records_of = lambda rows: (kept.append(rows.copy()), of(rows))[1]
    try:
        records, truth = test_link.lists(persons, seed, noise=0.6)
    finally:
        test_link.records_of = of
    low = records["link_birth_low"].dt.to_period("Y")
    clear = {f"link_clear_{name}": kept[0][name].to_numpy() for name in IDENTITY}
    years = {"link_age_low": low.dt.start_time, "link_age_high": low.dt.end_time.dt.normalize()}
    return records.assign(**clear, **years), truth


def received(persons: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    with tempfile.TemporaryDirectory() as folder:
        return with_what_is_clear(lambda: received_lists.read(received_lists.write(Path(folder), seed, persons)))


def messy(persons: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    with tempfile.TemporaryDirectory() as folder:
        truth = messy_lists.write_lists(Path(folder), persons, seed, kind="synthetic")
        read = with_what_is_clear(lambda: [intake(file).records for file in truth.files.values()])
    records = pd.concat(read, ignore_index=True)
    rows = truth.rows()
    rows = rows[(rows["children"] == 1) & (rows["person"] >= 0)].rename(columns={"person": "true_person"})
    counts = records["record_id"].isin(rows["record_id"]) & (records["status"] != NOT_A_VICTIM)
    return records[counts].reset_index(drop=True), rows[["record_id", "true_person"]]


def encoded(records: pd.DataFrame) -> pd.DataFrame:
    """The records as they are read from lists that were encoded: tokens, no names, and births by ages alone."""
    parts = []
    for name, part in records.groupby(records["list_id"].astype(str)):
        rows = []
        for row in part.itertuples():
            low, high = (None if pd.isna(day) else day.date() for day in (row.link_birth_low, row.link_birth_high))
            names = [romanised(text) for text in (row.link_clear_given, row.link_clear_family)]
            rows.append(encode_names.combined(*names, (low, high), row.link_clear_phone, row.link_clear_document))
        tokens, _ = encode_names.tokens(rows, KEY, name)
        parts.append(pd.DataFrame(tokens, index=part.index).add_prefix("link_token_"))
    nothing = {name: [[]] * len(records) if name.endswith(("_near", "_words")) else "" for name in LINKAGE_COLUMNS}
    births = {f"link_birth_{end}": records[f"link_age_{end}"] for end in ("low", "high")}
    return records.assign(**(nothing | births)).join(pd.concat(parts))


def measured(records: pd.DataFrame, truth: pd.DataFrame) -> dict:
    linkage = link(records)
    found = quality(linkage, truth).set_index("measure")["value"]
    histories = capture_histories(linkage.records)
    return {"precision": found["precision"], "recall": found["recall"], "persons": histories["count"].sum(),
            "estimate": cr.multiple_systems(histories, replicates=0).estimate}  # fmt: skip


GENERATORS = {"five lists": (clear_lists, 1000), "lists as received": (received, 405), "messy lists": (messy, 586)}


def compared(sets: int, persons: int = 0) -> pd.DataFrame:
    rows = []
    for name, (make, usual) in GENERATORS.items():
        for seed in range(1, sets + 1):
            records, truth = make(persons or usual, seed)
            known = records.merge(truth, on="record_id")
            true = known.assign(person_id=known["true_person"].astype(str))
            histories = capture_histories(true)
            rows.append({"lists": name, "how": "truth", "seed": seed, "precision": 1, "recall": 1,
                         "persons": histories["count"].sum(),
                         "estimate": cr.multiple_systems(histories, replicates=0).estimate})  # fmt: skip
            rows.append({"lists": name, "how": "in clear", "seed": seed, **measured(records, truth)})
            rows.append({"lists": name, "how": "encoded", "seed": seed, **measured(encoded(records), truth)})
    return pd.DataFrame(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=4, metavar="N", help="of each kind of lists (default: 4)")
    parser.add_argument("--persons", type=int, default=0, metavar="N", help="of each set (default: 405 to 1,000)")
    parser.add_argument("--into", type=Path, default=ROOT / "benchmarks", metavar="FOLDER")
    options = parser.parse_args()
    table = compared(options.sets, options.persons)
    means = table.groupby(["lists", "how"], sort=False)[["precision", "recall", "persons", "estimate"]].mean().round(3)
    means.to_csv(options.into / "encoded_linkage_SYNTHETIC.csv", lineterminator="\n")
    print(means.to_string())


if __name__ == "__main__":
    main()
