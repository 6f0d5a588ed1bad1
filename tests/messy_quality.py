"""What became of messy lists: cells that were misread, and links by script and by kind of error, against the truth."""

from __future__ import annotations

import unicodedata

import numpy as np
import pandas as pd
from messy_lists import Truth
from messy_mappings import left_out

LINKS = ["of", "kind", "right", "linked", "true", "precision", "recall"]
# Field of the truth -> columns of a clean record: its interval, or its one value.
_READ_AS = {
    "detected": ("date_low", "date_high"),
    "age": ("age_low", "age_high"),
    "birth": ("link_birth_low", "link_birth_high"),
    "sex": ("sex",),
    "area": ("area_id",),
    "nationality": ("nationality",),
}
_OF_NAMES = ("typo", "exchanged", "nickname", "initial", "father's name", "orthography", "article dropped",
             "article added", "given name missing", "family name missing")  # fmt: skip


def misread(records: pd.DataFrame, truth: Truth) -> pd.DataFrame:
    """Return each cell of a clean record that was read as something that it does not mean.

    A code must be the code that is meant. A date or an age that was read must leave open all that the cell means: 18 is
    a misreading of "under 18", the year 2021 none of "summer 2021". The birth of a record is narrowed by its age, so
    that it must have a day in common with what the cell says. A row about two children should never be clean: each of
    its cells is misread. What is not stated in the record, or stands in a column that the mapping leaves out, is not.

    Parameters
    ----------
    records : clean records of one list or several, as `intake` returns them.

    Returns
    -------
    DataFrame of the columns of ``Truth.cells`` for these cells, with read_low and read_high.
    """
    cells = truth.cells()
    children = truth.rows().groupby("record_id")["child"].transform("max")
    found = []
    both = cells.merge(records.astype({"record_id": str}), on="record_id", suffixes=("", "_of_record"))
    several = set(truth.rows().loc[children > 1, "record_id"])
    for cell in both.to_dict("records"):
        names = _READ_AS[cell["field"]]
        low, high = cell[names[0]], cell[names[-1]]
        if (pd.isna(low) and pd.isna(high)) or low == "" or cell["column"] in left_out(cell["list"]):
            continue
        if cell["record_id"] in several or _differs(cell, low, high):
            found.append({**{name: cell[name] for name in cells}, "read_low": low, "read_high": high})
    return pd.DataFrame(found, columns=[*cells, "read_low", "read_high"])


def _differs(cell: dict, low: object, high: object) -> bool:
    if cell["field"] in ("sex", "area", "nationality"):
        return low != cell["low"]
    if cell["low"] is None or pd.isna(cell["low"]):
        # An age that is not stated follows from a date of birth, and a birth from an age.
        return cell["field"] == "detected"
    if cell["field"] == "age":
        return (pd.notna(low) and low > cell["low"]) or (pd.notna(high) and high < cell["high"])
    first, last = pd.Timestamp(cell["low"]), pd.Timestamp(cell["high"])
    if cell["field"] == "birth":
        return (pd.notna(low) and low > last) or (pd.notna(high) and high < first)
    return low > first or high < last


def links_by_kind(linked: pd.DataFrame, truth: Truth) -> pd.DataFrame:
    """Return precision and recall of linked pairs: of all, by script, by kind of error, and within and across lists.

    Counted are pairs of records of one person, chains included. A pair is of a kind if one of its rows has that kind of
    error, or if the two rows differ so; it can be of several. Test forms and rows about two children are left out.

    Parameters
    ----------
    linked : record_id and person_id of each record that was linked.

    Returns
    -------
    DataFrame of of (all | lists | script | error), kind, right, linked, true (numbers of pairs), precision, recall
    (missing where nothing was linked or is true).
    """
    pairs = _pairs(linked, truth)
    rows = []
    for of, kind, mask in _kinds(pairs):
        here = pairs[mask]
        right, joined, true = (int(here[name].sum()) for name in ("right", "linked", "true"))
        rows.append(
            (of, kind, right, joined, true, right / joined if joined else np.nan, right / true if true else np.nan)
        )
    return pd.DataFrame(rows, columns=LINKS)


def false_links(linked: pd.DataFrame, truth: Truth) -> pd.DataFrame:
    """Return the pairs that were linked and are two persons: both record_ids, and whether they are of one household
    (``twins`` of one birth, else ``siblings``), of one name (``homonyms``) or ``others``."""
    pairs = _pairs(linked, truth)
    wrong = pairs[pairs["linked"] & ~pairs["true"]]
    names = ("household", "birth", "name")
    same = {name: (wrong[f"{name}_l"] == wrong[f"{name}_r"]).to_numpy() for name in names}
    relation = np.select(
        [same["household"] & same["birth"], same["household"], same["name"]],
        ["twins", "siblings", "homonyms"],
        "others",
    )
    return wrong[["record_id_l", "record_id_r"]].assign(relation=relation).reset_index(drop=True)


def _pairs(linked: pd.DataFrame, truth: Truth) -> pd.DataFrame:
    """Pairs of records that are linked, or of one person, or both."""
    rows = truth.rows()
    rows = rows[(rows["children"] == 1) & (rows["person"] >= 0)]
    known = linked[["record_id", "person_id"]].astype(str).merge(rows, on="record_id", validate="1:1")
    both = pd.concat([known.merge(known, on=of, suffixes=("_l", "_r")) for of in ("person", "person_id")])
    for name in ("person", "person_id"):
        for side in "lr":
            both[f"{name}_{side}"] = both[f"{name}_{side}"].fillna(both[name])
    both = both[both["record_id_l"] < both["record_id_r"]].drop_duplicates(["record_id_l", "record_id_r"])
    true, joined = both["person_l"] == both["person_r"], both["person_id_l"] == both["person_id_r"]
    return both.assign(true=true, linked=joined, right=true & joined)


def _kinds(pairs: pd.DataFrame) -> list[tuple[str, str, pd.Series]]:
    """Masks of the pairs of each kind."""
    native = [pairs[f"script_{side}"] != "latin" for side in "lr"]
    of_rows = (pairs["kinds_l"] + ";" + pairs["kinds_r"]).str.split(";").map(set)
    one_script = pairs["script_l"] == pairs["script_r"]
    written = [pairs[f"given_{side}"] + " " + pairs[f"family_{side}"] for side in "lr"]
    same = one_script & (written[0].map(_plain) == written[1].map(_plain))
    wrong = of_rows.map(lambda kinds: bool(kinds & set(_OF_NAMES)))
    found = [
        ("all", "all", pairs["true"] | pairs["linked"]),
        ("lists", "within a list", pairs["list_l"] == pairs["list_r"]),
        ("lists", "across lists", pairs["list_l"] != pairs["list_r"]),
        ("script", "both Latin", ~native[0] & ~native[1]),
        ("script", "one of them native", native[0] ^ native[1]),
        ("script", "both native", native[0] & native[1]),
        ("script", "one side or both native", native[0] | native[1]),
        ("error", "same spelling", same),
        ("error", "other spelling alone", one_script & ~same & ~wrong),
        ("error", "article written otherwise", one_script & (pairs["article_l"] != pairs["article_r"])),
        ("error", "compound split or joined", one_script & (pairs["words_l"] != pairs["words_r"])),
    ]
    for kind in sorted(set().union(*of_rows) - {""}):
        found.append(("error", kind, of_rows.map(lambda kinds, kind=kind: kind in kinds)))
    for name in ("document", "phone"):
        both_state = (pairs[f"{name}_l"] != "") & (pairs[f"{name}_r"] != "")
        found.append(("error", f"one {name} in both", both_state & (pairs[f"{name}_l"] == pairs[f"{name}_r"])))
    found.append(("error", "no number in common", ~(found[-1][2] | found[-2][2])))
    return found


def _plain(text: str) -> str:
    """A text without signs and capitals; spellings are not made alike."""
    text = text.replace("İ", "i").replace("ı", "i").casefold().replace("-", " ")
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
