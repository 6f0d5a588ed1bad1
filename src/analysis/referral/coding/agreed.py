"""What two coders and an adjudicator say of a country together, as bounds on each indicator's scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.intake.pseudonyms import fold
from analysis.referral.coding.form import NOT_APPLICABLE, UNKNOWN, number

AGREED = ["area_id", "indicator_id", "low", "high", "top", "status", "answer", "evidence"]
STATUSES = ("agreed", "adjudicated", "one coder", "disagree", UNKNOWN, NOT_APPLICABLE, "not coded")


def agreed(codes: pd.DataFrame, framework: pd.DataFrame, area_ids: Sequence[str]) -> pd.DataFrame:
    """One row a country and indicator: what the codes say together.

    The adjudicated answer decides. Without one, what both coders say holds; or what the only one says. Where they
    differ, all that lies between the two is possible until it is adjudicated; where one of them found nothing, or says
    that it does not apply, that is the whole scale. Codes that are not `sourced` are not used.

    Parameters
    ----------
    codes : as `intake.intake` gives them. framework : the indicators. area_ids : the countries.

    Returns
    -------
    DataFrame: area_id, indicator_id, low, high (in the units of the scale; NaN where it does not apply, and for a
    measure that is not known or in words), top (NaN for a measure), status (``agreed``, ``adjudicated``, ``one coder``,
    ``disagree``, ``unknown``, ``not applicable``, ``not coded``), answer ("" where they differ), evidence (with its
    pages, of the answers that it rests on).
    """
    used = codes[codes["sourced"].astype(bool)]
    given = {key: dict(list(group.groupby("coder_role"))) for key, group in used.groupby(["area_id", "indicator_id"])}
    rows = []
    for area_id in area_ids:
        for indicator_id, top in zip(framework["indicator_id"], framework["top"].astype(float), strict=True):
            by_role = {role: code.iloc[0] for role, code in given.get((area_id, indicator_id), {}).items()}
            rows.append({"area_id": area_id, "indicator_id": indicator_id, "top": top, **_settled(by_role, top)})
    return pd.DataFrame(rows, columns=AGREED)


def _settled(by_role: dict[str, pd.Series], top: float) -> dict[str, object]:
    """Bounds, status, answer and evidence of one indicator."""
    whole = (np.nan, np.nan) if np.isnan(top) else (0.0, top)
    if "adjudicated" in by_role:
        code, backing = by_role["adjudicated"], list(by_role.values())
        rests_on = [each for each in backing if same_answer(each["answer"], code["answer"])]
        return _said(code, whole, "adjudicated", rests_on)
    coders = [by_role[role] for role in ("first", "second") if role in by_role]
    if not coders:
        return {"low": whole[0], "high": whole[1], "status": "not coded", "answer": "", "evidence": ""}
    if len(coders) == 1 or same_answer(*(code["answer"] for code in coders)):
        return _said(coders[0], whole, "agreed" if len(coders) == 2 else "one coder", coders)
    values = [float(code["value"]) for code in coders]
    low, high = whole if np.isnan(values).any() else (min(values), max(values))
    return {"low": low, "high": high, "status": "disagree", "answer": "", "evidence": _evidence(coders)}


def _said(code: pd.Series, whole: tuple[float, float], status: str, rests_on: list[pd.Series]) -> dict[str, object]:
    """One answer as bounds; that it is not known, or does not apply, is said by the status."""
    answer, value = code["answer"], float(code["value"])
    low, high = (value, value) if not np.isnan(value) else whole
    if answer == NOT_APPLICABLE:
        low = high = np.nan
    status = answer if answer in (UNKNOWN, NOT_APPLICABLE) else status
    return {"low": low, "high": high, "status": status, "answer": answer, "evidence": _evidence(rests_on)}


def same_answer(one: str, other: str) -> bool:
    """Whether two answers, as they are kept, are the same; words of a measure without regard to case and signs."""
    words = number(one) is None and number(other) is None
    return one == other or (words and fold(one) == fold(other))


def _evidence(codes: list[pd.Series]) -> str:
    texts = [f"{code['evidence']} ({code['page']})" if code["page"] else code["evidence"] for code in codes]
    return "; ".join(dict.fromkeys(text for text in texts if text))
