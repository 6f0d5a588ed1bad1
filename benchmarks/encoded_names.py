"""Encoded names: the share of persons that an attacker without the key re-identifies, and what linkage loses.

    python benchmarks/encoded_names.py                 the attack, and linkage of three kinds of lists
    python benchmarks/encoded_names.py --attack        the attack alone
    python benchmarks/encoded_names.py --persons 300 --runs 1 --overlaps 0.6 --sets 1       smaller

The attacker has an encoded list, public frequencies of names, and a list of their own of as many persons in clear, of
whom a share (the overlap) stand on the encoded one: written alike to the letter, which no real list is. Encoded are
the lists of tests/cases/test_link.py as `analysis.intake.encode_names` does, and in three ways that are known to be
weak, on which the attacks must succeed. Attacks:

- frequency: the commonest token is the commonest name (rank, and the likelihood of the counts among ties);
- refinement: records and tokens are coloured by their neighbours until colours are stable (Weisfeiler and Leman 1968);
- assignment: records by their sorted similarities to all others, Hungarian method, then by those to the surest pairs,
  again and again (after Vidanage et al. 2020, Schaefer, Armknecht and Heng 2024);
- percolation: the same from seeds, one known person in twenty whose row is known (Yartseva and Grossglauser 2013).

A claim counts where the attacker is sure: unique colours on both sides, or a pair that is each other's best by far.
"two lists" and "every list" are attackers who have each known person as written on two, or on all five, of the encoded
lists: they know on which lists each person is, which is what linkage finds out.
"clear" are sex, nationality, area and year of birth left in clear, by themselves and with tokens.
Beside this file: encoded_names_SYNTHETIC.csv and encoded_names_linkage_SYNTHETIC.csv.
"""

import argparse
import hashlib
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

ROOT = Path(__file__).resolve().parents[1]
# The second holds what tests share.
sys.path[:0] = [str(ROOT / "tests" / "cases"), str(ROOT / "tests")]

import test_link  # noqa: E402 - the tests' own lists

from analysis.intake import encode_names  # noqa: E402
from analysis.intake.name_forms import romanised  # noqa: E402

OVERLAPS = (0.2, 0.4, 0.6, 0.8, 1.0)
KEY = hashlib.sha256(b"SYNTHETIC").digest()
CLEAR = ["sex", "nationality", "area_id", "year"]
# At this overlap fewer than this share may be re-identified, else nothing of it is offered.
JUDGED, MOST = 0.6, 0.01
WITH_A_LIST = ("frequency", "refinement", "assignment", "percolation")
SEEDS = 0.05


def plain_lists(persons: int, seed: int) -> pd.DataFrame:
    """Rows of five lists with names in clear: list_id, given, family, phone, document, birth, true_person, CLEAR."""
    kept, of = [], test_link.records_of
    test_link.records_of = lambda rows: (kept.append(rows), of(rows))[1]
    try:
        test_link.lists(persons, seed, noise=0.6)
    finally:
        test_link.records_of = of
    rows = kept[0].rename(columns={"link_birth_low": "low", "link_birth_high": "high"})
    return rows.assign(year=[day.year if day else 0 for day in rows["low"]]).reset_index(drop=True)


# --- Encodings: rows in clear -> tokens by kind, "" for none; or bits ------------------------------------------------


def combined(rows: pd.DataFrame) -> list[dict[str, str]]:
    return [
        encode_names.combined(romanised(row.given), romanised(row.family), (row.low, row.high), row.phone, row.document)
        for row in rows.itertuples()
    ]


def as_offered(rows: pd.DataFrame, key: bytes) -> pd.DataFrame:
    """Tokens of each list as its owner makes them."""
    found = []
    for name, part in rows.groupby("list_id", sort=False):
        tokens, _ = encode_names.tokens(combined(part), key, f"{name} {key.hex()}")
        found.append(pd.DataFrame(tokens, index=part.index))
    return pd.concat(found).loc[rows.index]


def as_stated(rows: pd.DataFrame, key: bytes) -> pd.DataFrame:
    """The same tokens wherever they are stated, in as many rows as there are."""
    found = [{kind: encode_names.keyed_token(key, kind, said[kind]) if kind in said else ""
              for kind in encode_names.KINDS} for said in combined(rows)]  # fmt: skip
    return pd.DataFrame(found, index=rows.index)


def names_alone(rows: pd.DataFrame, key: bytes) -> pd.DataFrame:
    """A token for each name, year, telephone and document by itself: WEAK."""
    parts = {"given": rows["given"], "family": rows["family"], "year": rows["year"].astype(str),
             "phone": rows["phone"], "document": rows["document"]}  # fmt: skip
    return pd.DataFrame({
        kind: [encode_names.keyed_token(key, kind, encode_names.fold(text)) if text else "" for text in texts]
        for kind, texts in parts.items()
    }, index=rows.index)  # fmt: skip


def bloom_filters(rows: pd.DataFrame, key: bytes) -> pd.DataFrame:
    """Pairs of letters of names and birth in 500 bits, four bits a pair: WEAK. One column a bit."""
    bits = np.zeros((len(rows), 500), dtype=np.float32)
    for at, row in enumerate(rows.itertuples()):
        text = f"_{encode_names.fold(row.given)}_{encode_names.fold(row.family)}_{row.low or ''}_"
        for pair in {text[place : place + 2] for place in range(len(text) - 1)}:
            digest = encode_names.keyed_token(key, "pair", pair)
            bits[at, [int(digest[8 * n : 8 * n + 8], 16) % 500 for n in range(4)]] = 1
    return pd.DataFrame(bits, index=rows.index)


ENCODINGS = {
    "as offered": as_offered,
    "combinations, not told apart": as_stated,
    "each name by itself (weak)": names_alone,
    "pairs of letters in Bloom filters (weak)": bloom_filters,
}


def similarities(encoded: pd.DataFrame) -> np.ndarray:
    """Of each two records: tokens in common, or Dice's coefficient of bits."""
    if encoded.dtypes.iloc[0] == np.float32:
        bits = encoded.to_numpy()
        sizes = bits.sum(axis=1)
        found = 2 * (bits @ bits.T) / np.maximum(sizes[:, None] + sizes[None, :], 1)
    else:
        found = np.zeros((len(encoded), len(encoded)), dtype=np.float32)
        for kind, texts in encoded.items():
            codes = pd.factorize(texts.where(texts != ""))[0]
            found += (codes[:, None] == codes[None, :]) & (codes[:, None] >= 0)
            found[np.diag_indices(len(encoded))] += (codes >= 0) * (0.01 + 0.001 * encoded.columns.get_loc(kind))
    return found


# --- Attacks: claims (place on the known list, place on the encoded one) ---------------------------------------------

Claims = list[tuple[int, int]]


def refinement(known: pd.DataFrame, encoded: pd.DataFrame, own: tuple[pd.Series, pd.Series] | None = None) -> Claims:
    """Pairs whose colour nobody else has on either side, in any round. `own`: what is known of records besides."""
    if known.dtypes.iloc[0] == np.float32:
        return []
    sides = [known, encoded]
    colours = [list(map(str, part)) for part in own] if own else [[""] * len(side) for side in sides]
    claims: dict[int, int] = {}
    for _ in range(4):
        for number, side in enumerate(sides):
            texts = list(colours[number])
            for kind, tokens in side.items():
                of_token: dict[str, list[str]] = {}
                for token, colour in zip(tokens, colours[number], strict=True):
                    of_token.setdefault(token, []).append(colour)
                seen = {token: hashlib.md5(repr((kind, sorted(all_of))).encode()).hexdigest()[:12]
                        for token, all_of in of_token.items() if token}  # fmt: skip
                texts = [text + seen.get(token, "-") for text, token in zip(texts, tokens, strict=True)]
            colours[number] = [hashlib.md5(text.encode()).hexdigest() for text in texts]
        counts = [Counter(side) for side in colours]
        places = {colour: at for at, colour in enumerate(colours[1])}
        for at, colour in enumerate(colours[0]):
            if counts[0][colour] == counts[1][colour] == 1:
                claims.setdefault(at, places[colour])
    return list(claims.items())


def _by_pairs(known: np.ndarray, encoded: np.ndarray, sure: Claims) -> list[np.ndarray]:
    """Similarities to the records of the surest pairs."""
    return [known[:, [one for one, _ in sure]], encoded[:, [other for _, other in sure]]]


def assignment(known: np.ndarray, encoded: np.ndarray, seeds: Claims = (), rounds: int = 8) -> Claims:
    """Pairs that are each other's best by far, by similarities to all others, then to the surest pairs."""
    size = min(known.shape[0], encoded.shape[0])
    features = [np.sort(side, axis=1)[:, ::-1][:, :size] for side in (known, encoded)]
    sure: Claims = list(seeds)
    if sure:
        features = _by_pairs(known, encoded, sure)
    for _ in range(rounds):
        left, right = (side.astype(np.float64) for side in features)
        squares = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1)[None, :] - 2 * left @ right.T
        distance = np.sqrt(np.maximum(squares, 0)).round(6)
        first, second = linear_sum_assignment(distance)
        others = distance.copy()
        others[first, second] = np.inf
        nearest = np.minimum(others.min(axis=1)[first], others.min(axis=0)[second])
        at = distance[first, second]
        # A record without anything in common with another says nothing, whatever it is compared by.
        telling = (np.ptp(left, axis=1)[first] > 0) & (np.ptp(right, axis=1)[second] > 0)
        far = telling & (at < 0.7 * nearest)
        found = [(int(one), int(other)) for one, other, good in zip(first, second, far, strict=True) if good]
        known_places = {one for one, _ in seeds}
        again = [*seeds, *(pair for pair in found if pair[0] not in known_places)]
        if not again or again == sure:
            break
        sure = again
        features = _by_pairs(known, encoded, sure)
    return [pair for pair in sure if pair not in set(seeds)]


def frequency(rows: pd.DataFrame, encoded: pd.DataFrame, public: pd.DataFrame) -> float:
    """The share of records whose name (and year, where tokens hold it) is that which the rank of their token says.

    `public` : persons of the same population, by whom the attacker knows how common each name is. Counted are records
    whose token is commoner than that of one record alone: others are drawn by lot among all that remain.
    """
    best = 0.0
    for kind in encoded.columns[:3]:
        if encoded.dtypes.iloc[0] == np.float32:
            return 0.0
        clear = as_clear(rows, kind)
        common = Counter(text for text in as_clear(public, kind) if text).most_common()
        counts = Counter(token for token in encoded[kind] if token).most_common()
        said = {token: text for (token, count), (text, _) in zip(counts, common, strict=False) if count > 1}
        right = [said.get(token) == text != "" for token, text in zip(encoded[kind], clear, strict=True)]
        best = max(best, float(np.mean(right)))
    return best


def as_clear(rows: pd.DataFrame, kind: str) -> list[str]:
    """What the tokens of a kind are made of."""
    if kind in encode_names.KINDS:
        return [said.get(kind, "") for said in combined(rows)]
    return [encode_names.fold(str(text)) for text in rows[kind]]


# --- One trial -------------------------------------------------------------------------------------------------------


def trial(rows: pd.DataFrame, others: pd.DataFrame, overlap: float, seed: int) -> list[tuple]:
    """(encoding, attack, share sure and right, share of claims that are right) at one overlap."""
    draw = np.random.default_rng(seed)
    listed, strangers = rows[rows["list_id"] == "list_a"], others[others["list_id"] == "list_a"]
    persons = listed["true_person"].unique()
    met = set(draw.choice(persons, round(overlap * len(persons)), replace=False).tolist())
    shared = listed[listed["true_person"].isin(met)]
    own = pd.concat([shared, strangers.head(len(listed) - len(shared)).assign(true_person=-1)])
    own = own.sample(frac=1, random_state=seed).reset_index(drop=True)
    target = listed.sample(frac=1, random_state=seed + 1).reset_index(drop=True)
    found = []

    def judged(encoding: str, attack: str, claims: Claims, known: pd.DataFrame, of: pd.DataFrame, without=()) -> None:
        truth = known["true_person"].to_numpy(), of["true_person"].to_numpy()
        right = {int(truth[0][one]) for one, other in claims if truth[0][one] == truth[1][other] >= 0} - set(without)
        good = sum(truth[0][one] == truth[1][other] >= 0 for one, other in claims)
        found.append((encoding, attack, len(right) / (len(met) - len(set(without))), good, len(claims)))

    seeded = draw.choice(sorted(met), max(1, round(SEEDS * len(met))), replace=False).tolist()
    seeds = [(int(np.flatnonzero(own["true_person"] == one)[0]), int(np.flatnonzero(target["true_person"] == one)[0]))
             for one in seeded]  # fmt: skip
    clear = [side[CLEAR].astype(str).agg("|".join, axis=1) for side in (own, target)]
    judged("no token", "clear alone", _unique(*clear), own, target)
    for name, encode in ENCODINGS.items():
        # The attacker encodes in the same way, under a key of their own: what is equal is equal under any.
        known, encoded = encode(own.assign(list_id="own"), b"attacker"), encode(target, KEY)
        alike = similarities(known), similarities(encoded)
        share = frequency(target, encoded, others)
        found.append((name, "frequency", share, round(share * len(target)), len(target)))
        judged(name, "refinement", refinement(known, encoded), own, target)
        judged(name, "assignment", assignment(*alike), own, target)
        judged(name, "percolation", assignment(*alike, seeds), own, target, seeded)
        if name == "as offered":
            judged(name, "clear and refinement", refinement(known, encoded, tuple(clear)), own, target)
    for attack, lists in (("two lists, refinement", ("list_a", "list_b")), ("every list, refinement", None)):
        of = rows if lists is None else rows[rows["list_id"].isin(lists)]
        besides = others if lists is None else others[others["list_id"].isin(lists)]
        persons = of["true_person"].unique()
        met = set(draw.choice(persons, round(overlap * len(persons)), replace=False).tolist())
        besides = besides[besides["true_person"] % 100 >= 100 * overlap].assign(true_person=-1)
        known_rows = pd.concat([of[of["true_person"].isin(met)], besides]).reset_index(drop=True)
        of = of.reset_index(drop=True)
        encoded, known = as_offered(of, KEY), as_offered(known_rows, b"attacker")
        claims = refinement(known, encoded, (known_rows["list_id"], of["list_id"]))
        judged("as offered", attack, claims, known_rows, of)
    return [(name, attack, overlap, seed, *values) for name, attack, *values in found]


def _unique(known: pd.Series, encoded: pd.Series) -> Claims:
    counts, places = [side.value_counts() for side in (known, encoded)], {text: at for at, text in enumerate(encoded)}
    return [(at, places[text]) for at, text in enumerate(known) if counts[0][text] == counts[1].get(text, 0) == 1]


def attacked(persons: int, runs: int, overlaps: tuple[float, ...]) -> pd.DataFrame:
    """The share of known persons that are re-identified, by encoding, attack and overlap, over all runs."""
    found = []
    for seed in range(runs):
        rows, others = plain_lists(persons, seed), plain_lists(persons, seed + 1000)
        for overlap in overlaps:
            found += trial(rows, others, overlap, seed)
    columns = ["encoding", "attack", "overlap", "run", "reidentified", "right", "claims"]
    table = pd.DataFrame(found, columns=columns)
    table = table.groupby(["encoding", "attack", "overlap"], sort=False, as_index=False).agg(
        reidentified=("reidentified", "mean"), worst_run=("reidentified", "max"), right=("right", "sum"),
        claims=("claims", "sum"),
    )  # fmt: skip
    return table.round(5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persons", type=int, default=1000, metavar="N", help="of the population (default: 1000)")
    parser.add_argument("--runs", type=int, default=5, metavar="N")
    parser.add_argument("--overlaps", type=float, nargs="*", default=OVERLAPS, metavar="SHARE")
    parser.add_argument("--into", type=Path, default=ROOT / "benchmarks", metavar="FOLDER")
    options = parser.parse_args()
    table = attacked(options.persons, options.runs, tuple(options.overlaps))
    table.to_csv(options.into / "encoded_names_SYNTHETIC.csv", index=False, lineterminator="\n")
    wide = table.pivot_table(index=["encoding", "attack"], columns="overlap", values="reidentified", sort=False)
    print((100 * wide).round(2).to_string())
    own = table[(table["encoding"] == "as offered") & table["attack"].isin(WITH_A_LIST) & (table["overlap"] <= JUDGED)]
    most = own["reidentified"].max()
    print(f"By whom has one list of their own, at most {most:.2%} at an overlap of {JUDGED:.0%}: ", end="")
    print("offered" if most < MOST else "NOT to be offered")


if __name__ == "__main__":
    main()
