"""Pairs of records as a reviewer judges them: names and dates read from the lists at that moment, and in memory alone.

Pairs are those of the clerical sample, by turns, so that all bands of weight are judged whenever the reviewer stops. A
second reviewer gets a tenth of them, and nobody sees what another answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis import areas
from analysis.cases import pair_decisions
from analysis.cases.htcds import FIELDS
from analysis.cases.intake import Intake
from analysis.cases.pair_decisions import ANSWERS, FIRST, SECOND, DecisionsError, pair_of
from analysis.cases.processed import read_list
from analysis.data_read import mark_read
from analysis.intake import name_forms
from analysis.jobs import CaseTables
from analysis.processed import read

# What a reviewer compares, line by line -> the comparisons of the linkage that it decides.
LINES = {
    "Given name": ("given", "encoded names"),
    "Family name": ("family",),
    "Born": ("birth",),
    "Age at detection": ("birth_year",),
    "Sex": ("sex",),
    "Nationality": ("nationality",),
    "Place": ("area",),
    "Detected": ("detected",),
    "Exploitation": ("exploitation",),
    "Telephone": ("phone", "encoded phone"),
    "Document": ("document", "encoded document"),
}
AGREES, PARTLY, DIFFERS, NOT_WEIGHED = "agrees", "partly", "differs", "not weighed"
_FULL = ("exact", "same day", "same", "compatible", "one in common", "within a month")
_NOT = ("other", "excluded")


@dataclass(frozen=True)
class Compared:
    """One line of a pair: what either record says, how far they agree, in words, and the bits that it weighs."""

    line: str
    one: str
    other: str
    agreement: str
    words: str
    bits: float | None


@dataclass(frozen=True)
class Pair:
    """Two records side by side. Holds names: for memory and a reviewer's eyes, and for no product.

    Parameters
    ----------
    record_l, record_r : keys of the records. places : list, sheet and row of either. weight : bits of the pair.
    """

    record_l: str
    record_r: str
    places: tuple[str, str]
    weight: float
    lines: tuple[Compared, ...] = field(repr=False)


class Review:
    """The pairs of a study that one reviewer judges, and that reviewer's answers.

    Parameters
    ----------
    study : whose lists. initials : of the reviewer. second : judge the tenth that a second reviewer is given.

    Raises
    ------
    DecisionsError : the initials are none; the lists have changed since they were linked; or who is to be second has
        judged as the first.
    analysis.processed.ProcessedError : the tables of the study have not been made.
    """

    def __init__(self, study: areas.Place, initials: str, second: bool = False) -> None:
        self.study, self.second = areas.study_id(study), second
        self.initials = pair_decisions.require_initials(initials)
        tables = CaseTables(self.study)
        self.kind = tables.kind
        names = ("clerical_sample.csv", "weights.parquet", "case_records.parquet")
        sample, weights, known = read(tables, names).values()
        mark_read(*tables.entries)
        intakes = [read_list(entry, identities=True) for entry in tables.entries]
        shown = _shown(intakes)
        _require_as_linked(self.study, known, intakes, sample)
        keys = pair_decisions.record_keys(intakes)
        # Of records that say the same in all respects nobody could tell later which was meant.
        alike = set(keys.index[keys.duplicated(keep=False)])
        sample = sample[~sample[["record_id_l", "record_id_r"]].isin(alike).any(axis=1)]
        bits = weights.set_index(["comparison", "level"])["weight"].to_dict()
        # Within a turn by chance, so that nobody can tell from the order how heavy the next pair is.
        order = np.random.default_rng(0).permutation(len(sample))
        sample = sample.assign(order=order).sort_values(["turn", "order"], kind="stable")
        if second:
            sample = sample[sample["second"].astype(str) == "True"]
        self.pairs = [_pair(row, shown, keys, bits) for row in sample.to_dict("records")]
        answers = pair_decisions.load(self.study)
        mine = answers[answers["initials"] == self.initials]
        self.answers = {pair_of(row.record_l, row.record_r): (row.answer, row.reason) for row in mine.itertuples()}
        seen = {pair_of(row.record_l, row.record_r) for row in mine[mine["role"] == FIRST].itertuples()}
        if second and not seen.isdisjoint(pair_of(pair.record_l, pair.record_r) for pair in self.pairs):
            raise DecisionsError(
                "same_reviewer",
                f"{self.initials} has judged some of these pairs as the first reviewer: the second is another person.",
            )

    def __len__(self) -> int:
        return len(self.pairs)

    def answer_of(self, number: int) -> tuple[str, str]:
        """The answer and reason of this reviewer on a pair by its number, from 0; "" for none."""
        pair = self.pairs[number]
        return self.answers.get(pair_of(pair.record_l, pair.record_r), ("", ""))

    @property
    def open(self) -> list[int]:
        """Numbers of the pairs without an answer of this reviewer."""
        return [number for number in range(len(self)) if not self.answer_of(number)[0]]

    def answer(self, answers: Sequence[tuple[int, str, str]]) -> int:
        """Keep answers, as (number of the pair, answer, reason); returns how many were new."""
        lines = []
        for number, said, reason in answers:
            if said not in ANSWERS:
                raise DecisionsError("unknown_answer", f"An answer is one of {', '.join(ANSWERS)}.")
            pair = self.pairs[number]
            keys = {"record_l": pair.record_l, "record_r": pair.record_r}
            lines.append(keys | {"answer": said, "reason": reason, "match_weight": f"{pair.weight:.6f}"})
        new = pair_decisions.add(self.study, lines, self.initials, SECOND if self.second else FIRST)
        for line in lines:
            self.answers[pair_of(line["record_l"], line["record_r"])] = line["answer"], line["reason"]
        return new


def _require_as_linked(study: str, known: pd.DataFrame, intakes: Sequence[Intake], sample: pd.DataFrame) -> None:
    """Raise DecisionsError unless the rows of the lists are those that were linked, and there are pairs."""
    now = pd.concat([each.records for each in intakes]).set_index("record_id")["row_hash"]
    then = known.set_index("record_id")["row_hash"]
    named = pd.Index(pd.unique(sample[["record_id_l", "record_id_r"]].to_numpy().ravel())) if len(sample) else []
    if not len(named):
        raise DecisionsError("no_pairs", f"No two records of {study} are alike enough to be reviewed.")
    if not now.reindex(named).eq(then.reindex(named)).all():
        raise DecisionsError(
            "lists_changed",
            f"The lists of {study} have changed since they were linked: `python -m analysis intake --study {study}`.",
        )


def _shown(intakes: Sequence[Intake]) -> pd.DataFrame:
    """By record, what a reviewer sees of it: a column a line, and where it stands."""
    return pd.concat([_of_list(each) for each in intakes])


def _of_list(found: Intake) -> pd.DataFrame:
    names, records = found.identities, found.records.set_index("record_id")
    split = [name_forms.given_and_family(text) if text else ("", "") for text in names["full_name"]]
    births = _days(records["link_birth_low"], records["link_birth_high"])
    places = _names_of_places(found.mapping.study)
    table = pd.DataFrame(
        {
            "Given name": [one or both[0] for one, both in zip(names["given_name"], split, strict=True)],
            "Family name": [one or both[1] for one, both in zip(names["family_name"], split, strict=True)],
            "Born": births,
            "Age at detection": _spans(records["age_low"], records["age_high"]),
            "Sex": records["sex"].astype(str),
            "Nationality": [areas.country_name(code) if code else "" for code in records["nationality"].astype(str)],
            "Place": [places.get(area, area) for area in records["area_id"].astype(str)],
            "Detected": _days(records["date_low"], records["date_high"]),
            "Exploitation": [_labels(codes) for codes in records["exploitation"].astype(str)],
            "Telephone": names["phone"],
            "Document": names["document"],
        },
        index=records.index,
    )
    sheets = [f"{sheet}, " if sheet else "" for sheet in records["sheet"].astype(str)]
    rows = records["row"].astype(str)
    table["where"] = [f"{found.mapping.list_id}, {a}row {b}" for a, b in zip(sheets, rows, strict=True)]
    return table


def _names_of_places(study: str) -> dict[str, str]:
    table = areas.load(study)
    return dict(zip(table["area_id"], table["name"], strict=True))


def _labels(codes: str) -> str:
    labels = FIELDS["exploitation"].codes or {}
    return ", ".join(labels.get(code, code) for code in codes.split(";") if code)


def _days(low: pd.Series, high: pd.Series) -> list[str]:
    ends = ([f"{day:%Y-%m-%d}" if pd.notna(day) else "" for day in pd.to_datetime(side)] for side in (low, high))
    return [one if one == other else f"{one} to {other}" for one, other in zip(*ends, strict=True)]


def _spans(low: pd.Series, high: pd.Series) -> list[str]:
    spans = []
    for one, other in zip(low, high, strict=True):
        known = [str(int(age)) for age in (one, other) if pd.notna(age)]
        spans.append("-".join(dict.fromkeys(known)))
    return spans


def _pair(row: dict, shown: pd.DataFrame, keys: pd.Series, bits: dict[tuple[str, str], float]) -> Pair:
    one, other = (shown.loc[row[f"record_id_{end}"]] for end in ("l", "r"))
    lines = []
    for line, comparisons in LINES.items():
        levels = [(name, str(row[name])) for name in comparisons if row.get(name)]
        words = "; ".join(level for _, level in levels)
        weight = sum(bits.get(level, 0.0) for level in levels) if levels else None
        lines.append(Compared(line, one[line], other[line], _agreement(words), words, weight))
    places = (one["where"], other["where"])
    return Pair(keys[row["record_id_l"]], keys[row["record_id_r"]], places, float(row["match_weight"]), tuple(lines))


def _agreement(level: str) -> str:
    if not level:
        return NOT_WEIGHED
    return AGREES if level in _FULL else DIFFERS if level in _NOT else PARTLY
