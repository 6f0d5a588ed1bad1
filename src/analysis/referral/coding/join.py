"""The copies of two coders as one sheet for the adjudicator; nothing that stands in either is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from analysis import areas
from analysis.referral.coding.agreed import same_answer
from analysis.referral.coding.cells import CodingError
from analysis.referral.coding.intake import CodingAnswers
from analysis.referral.coding.sheet import workbook

_ANSWER = ["area_id", "indicator_id", "coder_role"]


def joined(
    copies: Sequence[CodingAnswers],
    prefilled: pd.DataFrame | None = None,
    titles: Mapping[str, str] | None = None,
) -> tuple[str, bytes]:
    """One coding sheet with the answers of several.

    Parameters
    ----------
    copies : of one country, as `intake.intake` reads them. prefilled, titles : as for `sheet.workbook`.

    Returns
    -------
    The country's id and the sheet. Raises CodingError if they are of several countries, if cells of a copy are in
    quarantine, which would get lost, or if two copies answer one indicator in the same role differently.
    """
    area_ids = {area_id for copy in copies for area_id in copy.area_ids}
    if len(area_ids) != 1:
        raise CodingError(
            "not_one_country",
            f"Copies of one country are joined; these are of {', '.join(sorted(area_ids)) or 'none'}.",
        )
    for copy in copies:
        if len(copy.quarantine):
            raise CodingError(
                "cells_in_quarantine",
                f"{copy.file}: {len(copy.quarantine)} cells are in quarantine, and would get lost. Check the file by "
                f"`python -m analysis check`, mend them, and join it then.",
            )
    [area_id] = area_ids
    codes = pd.concat([copy.codes for copy in copies], ignore_index=True)
    for key, group in codes.groupby(_ANSWER, sort=False):
        if any(not _alike(group.iloc[0], other) for _, other in group.iloc[1:].iterrows()):
            raise CodingError(
                "contradictory_answers",
                f"{key[1]} is answered by the {key[2]} coder in two copies, and differently. Find out whose answer it "
                f"is, and delete the other.",
            )
    notes = pd.concat([copy.notes for copy in copies], ignore_index=True)
    notes = notes.groupby(["area_id", "indicator_id"], sort=False)["note"].agg(lambda texts: " | ".join(texts.unique()))
    sheet = workbook(
        copies[0].framework,
        area_id,
        areas.get(area_id).name,
        prefilled,
        codes.drop_duplicates(_ANSWER),
        notes.reset_index(),
        titles,
    )
    return area_id, sheet


def _alike(one: pd.Series, other: pd.Series) -> bool:
    """Whether nothing is lost if one of two answers is left out."""
    texts = ["coder", "evidence", "page"]
    same_day = one["date"] == other["date"] or (pd.isna(one["date"]) and pd.isna(other["date"]))
    return same_answer(one["answer"], other["answer"]) and same_day and (one[texts] == other[texts]).all()
