"""Tokens of lists that were encoded at their owners: which agreement of two records they show, and what it weighs.

Every row of such a list has a token of every kind (`analysis.intake.encode_names`), whether or not a cell is stated, so
that another token says little. Tokens are equal or not: nothing is near. Conditions and values are as in `matching`.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from analysis.intake.encode_names import KINDS

TOKENS = tuple(f"token_{kind}" for kind in KINDS)
TOKENS_CELL = re.compile(rf"[0-9a-f]{{32}}( [0-9a-f]{{32}}){{{len(KINDS) - 1}}}")
# Comparisons of what these lists do not have.
IN_CLEAR = ("given", "family", "birth", "phone", "document")
CAUTION = (
    "Rows of lists that were encoded at their owners are linked by tokens. Misspelt names are missed: persons can be "
    "too many, and an estimated total too high."
)
# A list of so many rows of which no token is on any other list was encoded with another key.
ENOUGH = 50
_BOTH, _GIVEN, _FAMILY = (
    "(" + " or ".join(f"token_{name}_{end}_l = token_{name}_{end}_r" for end in ("first", "last")) + ")"
    for name in ("names", "given", "family")
)
_NAMED = f"({_BOTH} or {_GIVEN} and {_FAMILY})"
_ON_A_DAY = "(" + " or ".join(f"token_{side}_day_l = token_{side}_day_r" for side in ("given", "family")) + ")"

Level = tuple[str, str, float, float]
COMPARISONS: dict[str, tuple[str, tuple[Level, ...]]] = {
    "encoded names": (
        "token_document_l is null or token_document_r is null",
        (
            ("same", f"{_NAMED} and {_ON_A_DAY}", 0.35, 0.000002),
            ("both names and year", _NAMED, 0.3, 0.00003),
            ("a name and day", _ON_A_DAY, 0.1, 0.00002),
            ("a name, an initial and year", f"{_GIVEN} or {_FAMILY}", 0.15, 0.0005),
            ("other", "", 0.1, 0.999448),
        ),
    ),
    **{
        f"encoded {name}": (
            f"token_{name}_l is null or token_{name}_r is null",
            (("same", f"token_{name}_l = token_{name}_r", m, u), ("other", "", 1 - m, 1 - u)),
        )
        for name, m, u in (("phone", 0.2, 0.00002), ("document", 0.2, 0.000001))
    },
}
KEYS = {f"encoded {token.removeprefix('token_').replace('_', ' ')}": (token,) for token in TOKENS}


def encoded(records: pd.DataFrame) -> np.ndarray:
    """Records whose names were encoded at the owner of their list."""
    tokens = [records[f"link_{token}"].fillna("") != "" for token in TOKENS if f"link_{token}" in records.columns]
    return np.any(tokens, axis=0) if tokens else np.zeros(len(records), bool)


def with_another_key(records: pd.DataFrame) -> list[str]:
    """Encoded lists of 50 rows or more that have no token in common with any other list.

    Parameters
    ----------
    records : of lists that are all encoded.
    """
    lists = records["list_id"].astype(str)
    met: set[str] = set()
    for token in TOKENS:
        found = pd.DataFrame({"token": records[f"link_{token}"], "list": lists}).drop_duplicates()
        met |= set(found["list"][found["token"].duplicated(keep=False)])
    return sorted(name for name, rows in lists.value_counts().items() if rows >= ENOUGH and name not in met)
