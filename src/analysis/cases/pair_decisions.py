"""Decisions of reviewers on pairs of records: kept beside the lists, found again in newer lists, and applied.

A record is known by keyed hashes: of the number that its source gave it, and of all that the linkage compares in it. So
a decision outlasts a list whose rows have moved, and one about other cells than were judged is not applied, but named.
Lines are only ever added: a second answer of a reviewer stands below the first.
"""

from __future__ import annotations

import datetime
import io
import re
from collections.abc import Callable, Iterable, Sequence

import pandas as pd

from analysis.cases.intake import Intake
from analysis.cases.person_groups import contradicting
from analysis.encryption import content, encrypt_content, is_encrypted
from analysis.file_writing import write_whole
from analysis.intake.pseudonyms import pseudonym, secret_key
from analysis.jobs import CaseTables
from analysis.project_files import ENCRYPTED, shown
from analysis.spreadsheets import csv_bytes, unguarded_table
from bounded.refusal import Coded

FIRST, SECOND = ROLES = ("first", "second")
SAME, NOT_SAME, CANNOT_SAY = ANSWERS = ("same", "not same", "cannot say")
COLUMNS = ("day", "initials", "role", "answer", "reason", "match_weight", "record_l", "record_r")
# What becomes of a decision.
APPLIED, UNDECIDED = "applied", "cannot say"
EARLIER = "not applied: the reviewer answered again since"
DISAGREE = "not applied: reviewers disagree"
CONTRADICTS = "not applied: joins, through other decisions, two records that are not the same person"
CHANGED = "not applied: what is compared in a record has changed since"
GONE = "not applied: a record is gone, or the key of the pseudonyms is another"
OUT = "not applied: a record is that of no victim, or the lists are not linked"
OUTCOMES = (APPLIED, UNDECIDED, EARLIER, DISAGREE, CONTRADICTS, CHANGED, GONE, OUT)
_INITIALS = re.compile(r"[^\W\d_]{1,4}")
KEY = re.compile(r"[a-z0-9_]+:k([0-9a-f]{16})?-[0-9a-f]{16}")
_BETWEEN = "\x1f"
# Beside names, numbers and births, what the linkage compares.
_COMPARED = (
    "sex",
    "nationality",
    "area_id",
    "date_low",
    "date_high",
    "exploitation",
    "link_birth_low",
    "link_birth_high",
)


class DecisionsError(Coded):
    """Decisions cannot be read or taken up; the message says where, and what would help."""


def record_keys(intakes: Iterable[Intake]) -> pd.Series:
    """Return the key of each record, by record_id: its list, the hash of its number ("" for none) and of its cells.

    Parameters
    ----------
    intakes : of the lists of a study, read with `identities`.
    """
    found = []
    for each in intakes:
        records, names = each.records, each.identities.drop(columns="record")
        texts = [names[name].astype(str).str.strip().to_numpy() for name in names]
        texts += [
            ["" if pd.isna(value) else str(value) for value in records[name].astype(object)] for name in _COMPARED
        ]
        # Of a list without names its tokens tell who is meant.
        texts += [records[name].astype(str).to_numpy() for name in records if name.startswith("link_token_")]
        said = [_BETWEEN.join(cells) for cells in zip(*texts, strict=True)]
        cells = pseudonym(said, f"compared cells{_BETWEEN}{each.mapping.list_id}", secret_key(each.mapping.kind))
        keys = f"{each.mapping.list_id}:k" + records["source_record"].astype(str) + "-" + cells.astype(str)
        found.append(keys.set_axis(records["record_id"].astype(str)))
    return pd.concat(found)


def load(study: str) -> pd.DataFrame:
    """The decisions on pairs of a study in the order in which they were made, as texts; no rows where there are none.

    Raises
    ------
    DecisionsError : the file is damaged; the message names file, row and column.
    """
    path = CaseTables(study).decisions
    if not path.is_file():
        return pd.DataFrame(columns=list(COLUMNS), dtype=object)
    try:
        table = pd.read_csv(io.BytesIO(content(path)), dtype=str, keep_default_na=False)
    except (ValueError, UnicodeDecodeError):
        table = pd.DataFrame()
    if list(table) != list(COLUMNS):
        raise DecisionsError(
            "not_decisions", f"{shown(path)} is damaged: its columns must be {', '.join(COLUMNS)}. Restore a copy."
        )
    table = unguarded_table(table)
    rules: dict[str, Callable[[str], object]] = {
        "day": lambda text: re.fullmatch(r"\d{4}-\d\d-\d\d", text),
        "initials": _INITIALS.fullmatch,
        "role": ROLES.__contains__,
        "answer": ANSWERS.__contains__,
        "record_l": KEY.fullmatch,
        "record_r": KEY.fullmatch,
    }
    for column, holds in rules.items():
        wrong = [row for row, text in enumerate(table[column], start=2) if not holds(text)]
        if wrong:
            where = f"{shown(path)}, row {wrong[0]}, column {column}"
            raise DecisionsError("damaged_row", f"{where}: this is not as it was written. Restore a copy of the file.")
    return table


def require_initials(initials: str) -> str:
    """The initials of a reviewer in capitals. Raises DecisionsError unless they are one to four letters."""
    if not _INITIALS.fullmatch(initials.strip()):
        raise DecisionsError("invalid_initials", "Initials are one to four letters, as in --initials AB.")
    return initials.strip().upper()


def add(study: str, lines: Sequence[dict[str, str]], initials: str, role: str = FIRST) -> int:
    """Add answers of one reviewer to the decisions of a study, and return how many of them were new.

    Parameters
    ----------
    lines : record_l, record_r (keys), answer, reason, match_weight; what the reviewer's last answer on the pair says
        already is not added. role : ``first``, or ``second`` of who sees no other answers.
    """
    before = load(study)
    said = {"day": datetime.date.today().isoformat(), "initials": initials, "role": role}
    mine = before[before["initials"] == initials]
    last = {pair_of(row.record_l, row.record_r): (row.answer, row.reason) for row in mine.itertuples()}
    new = [
        line
        for line in lines
        if last.get(pair_of(line["record_l"], line["record_r"])) != (line["answer"], line["reason"])
    ]
    if not new:
        return 0
    table = pd.concat([before, pd.DataFrame([line | said for line in new])])
    path, held = CaseTables(study).decisions, csv_bytes(table[list(COLUMNS)])
    # Beside lists that are kept encrypted no plain file lies, for no moment.
    encrypted = [entry.path for entry in CaseTables(study).entries if is_encrypted(entry.path)]
    if is_encrypted(path) or encrypted:
        path = path if is_encrypted(path) else path.with_name(path.name + ENCRYPTED)
        held = encrypt_content(held, path)[0]
    write_whole(path, held, private=True)
    return len(new)


def pair_of(one: str, other: str) -> tuple[str, str]:
    """The keys of a pair, whichever was called the first."""
    return min(one, other), max(one, other)


def found(lines: pd.DataFrame, keys: pd.Series, linked: Iterable[str]) -> pd.DataFrame:
    """Decisions with the records that they are about today, and what becomes of each.

    Parameters
    ----------
    lines : as `load` gives them. keys : as `record_keys` gives them. linked : ids of the records that are linked.

    Returns
    -------
    The lines with record_id_l, record_id_r ("" where gone) and outcome, one of `OUTCOMES`.
    """
    places = {end: _records(lines[f"record_{end}"], keys) for end in ("l", "r")}
    table = lines.assign(**{f"record_id_{end}": [place[0] for place in places[end]] for end in places}, outcome="")
    known, latest, stale = set(linked), dict[tuple[str, str, str], int](), dict[tuple[str, str, str], list[int]]()
    answers, outcomes = dict[tuple[str, str], set[str]](), [""] * len(table)
    for at, row in enumerate(table.itertuples()):
        states = {places["l"][at][1], places["r"][at][1]} - {""}
        pair = pair_of(row.record_id_l, row.record_id_r)
        if GONE in states or row.record_id_l == row.record_id_r:
            outcomes[at] = GONE
        elif states:
            outcomes[at] = CHANGED
            stale.setdefault((*pair, row.initials), []).append(at)
        else:
            outcomes[at] = row.answer if known.issuperset(pair) else OUT
            # What he said of other cells is superseded, too, once he has judged these.
            for before in [*stale.pop((*pair, row.initials), []), latest.get((*pair, row.initials))]:
                if before is not None:
                    outcomes[before] = EARLIER
            latest[*pair, row.initials] = at
    for (one, other, _), at in latest.items():
        if outcomes[at] in (SAME, NOT_SAME):
            answers.setdefault((one, other), set()).add(outcomes[at])
    for (one, other, _), at in latest.items():
        if outcomes[at] in (SAME, NOT_SAME):
            outcomes[at] = APPLIED if len(answers[one, other]) == 1 else DISAGREE
    table["outcome"] = outcomes
    return _without_contradictions(table)


def _records(written: pd.Series, keys: pd.Series) -> list[tuple[str, str]]:
    """The record that each key is of, and "" or why a decision on it cannot be applied."""
    by_cells, by_number = _alone(keys, _cells), _alone(keys, _number)
    # Of two rows whose cells are the same, the number tells which is meant.
    exact = {key: record for record, key in keys[~keys.duplicated(keep=False)].items()}
    found = []
    for key in written:
        record = exact.get(key) or by_cells.get(_cells(key), "")
        number = _number(key)
        renumbered = by_number.get(number, "") if number else ""
        found.append((record, "") if record else (renumbered, CHANGED if renumbered else GONE))
    return found


def _cells(key: str) -> str:
    return key.partition(":")[0] + key.rpartition("-")[2]


def _number(key: str) -> str:
    """The list and the hash of the number of a record; "" where it has none."""
    head = key.rpartition("-")[0]
    return "" if head.endswith(":k") else head


def _alone(keys: pd.Series, part) -> dict[str, str]:
    """The record that has a part of a key, where one alone has it."""
    parts = keys.map(part)
    return {each: record for record, each in parts[~parts.duplicated(keep=False)].items() if each}


def decided(table: pd.DataFrame) -> pd.DataFrame:
    """Return the decisions that are applied, each pair once: record_id_l, record_id_r, same."""
    applied = table[table["outcome"] == APPLIED]
    pairs = [pair_of(*ends) for ends in zip(applied["record_id_l"], applied["record_id_r"], strict=True)]
    once = pd.DataFrame(pairs, columns=["record_id_l", "record_id_r"], dtype=object)
    once["same"] = (applied["answer"] == SAME).to_numpy()
    return once.drop_duplicates(ignore_index=True)


def _without_contradictions(table: pd.DataFrame) -> pd.DataFrame:
    """Answers "same" that join what is not the same are not applied; that two are not the same person stands."""
    once = decided(table)
    names = pd.Index(sorted({*once["record_id_l"], *once["record_id_r"]}))
    ends = {end: names.get_indexer(once[f"record_id_{end[0]}"]) for end in ("left", "right")}
    bad: set[tuple[str, str]] = set()
    if len(once):
        wrong = once[contradicting(once.assign(**ends), len(names))]
        bad = {pair_of(row.record_id_l, row.record_id_r) for row in wrong.itertuples()}
    pairs = [pair_of(*ends) for ends in zip(table["record_id_l"], table["record_id_r"], strict=True)]
    hit = pd.Series([pair in bad for pair in pairs], table.index, dtype=bool) & (table["outcome"] == APPLIED)
    return table.assign(outcome=table["outcome"].mask(hit, CONTRADICTS))


def second_answers(table: pd.DataFrame) -> pd.DataFrame:
    """Return pairs that two reviewers answered, by the first answer of each: item, first, second.

    Parameters
    ----------
    table : as `found` gives it. Later answers, as after a talk of the two, are not independent.
    """
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for row in table[table["record_id_l"] != ""].itertuples():
        rows.setdefault(pair_of(row.record_id_l, row.record_id_r), {}).setdefault(row.initials, row.answer)
    twice = [(" ".join(pair), *list(said.values())[:2]) for pair, said in rows.items() if len(said) > 1]
    return pd.DataFrame(twice, columns=["item", "first", "second"])
