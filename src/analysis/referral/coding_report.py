"""Report on a coding sheet for the data manager: what to fix, how far the coders agree, what to adjudicate.

The entry of an accepted sheet in the catalogue; and the copies of two coders as one sheet for the adjudicator.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis import areas, catalog
from analysis.catalog import CatalogError
from analysis.referral.coding_intake import TO_DO, CodingAnswers, CodingError, intake, same_answer
from analysis.referral.coding_sheet import (
    NO,
    NOT_APPLICABLE,
    UNKNOWN,
    YES,
    Indicator,
    assessed_study,
    indicators,
    workbook,
)
from analysis.referral.weighted_kappa import NotComparable, coder_agreement
from analysis.templating.quarantine import grouped, in_lines, page, percent
from bounded.intervals import confidence_level


@dataclass(frozen=True)
class CodingFile:
    """A coding sheet, or an export of its form: name of its entry, countries, and what its readers must know of it."""

    name: str
    area_ids: tuple[str, ...]
    title: str
    date: datetime.date
    study: str = field(default_factory=assessed_study)
    kind: str = "public"
    publisher: str = "Country coders of this study"
    source: str = "Documents that the coders name answer by answer"
    licence: str = "not stated"


def of_file(found: CodingAnswers) -> CodingFile:
    """The entry of a file, with the last day of its coding, or today where it names none."""
    last = found.codes["date"].max()
    return CodingFile(
        name="coding_" + (found.area_ids[0] if len(found.area_ids) == 1 else "form"),
        area_ids=found.area_ids,
        title="Coding of referral mechanisms: " + ", ".join(areas.get(area_id).name for area_id in found.area_ids),
        date=datetime.date.today() if last != last else last.date(),
    )


def refuse_second(described: CodingFile) -> None:
    """Raise CatalogError if another file that is entered codes one of the same countries."""
    if not described.area_ids:
        raise CatalogError(
            "empty", "No answer of this file is about a country of the study: there is nothing to enter."
        )
    for entry in catalog.coding_sheets(described.study):
        if entry.name == described.name:
            continue
        both = set(described.area_ids) & set(intake(catalog.verify(entry.name)).area_ids)
        if both:
            raise CatalogError(
                "coded_already",
                f"{', '.join(sorted(both))} is coded already in {catalog.shown(entry.path)}, which is entered as "
                f"'{entry.name}' in {entry.listed_in}. Take that entry out, or take the country out of one of the two.",
            )


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
                f"`python -m analysis check`, fix them, and join it then.",
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
    """True if nothing is lost by leaving out one of two answers."""
    texts = ["coder", "evidence", "page"]
    same_day = one["date"] == other["date"] or (pd.isna(one["date"]) and pd.isna(other["date"]))
    return same_answer(one["answer"], other["answer"]) and same_day and (one[texts] == other[texts]).all()


# The scales that have a measure of agreement: name, categories from the lowest to the highest, and weights.
_COMPARED: dict[str, tuple[str, list, str]] = {
    "level": ("Levels 0 to 3", [0, 1, 2, 3], "linear"),
    "answer": ("Yes or no", [NO, YES], "unweighted"),
}


def report(found: CodingAnswers) -> str:
    """The report on a coding sheet, as an HTML page that loads nothing from outside."""
    pairs = coder_pairs(found)
    needing = found.codes[(found.codes["coder_role"] != "adjudicated") & (found.codes["answer"] != UNKNOWN)]
    coefficients = _coefficients(pairs)
    return page(
        "coding_intake.html.j2",
        countries=[areas.get(area_id).name for area_id in found.area_ids],
        file=found.file,
        sentence=account_sentence(found),
        said=found.said,
        coverage=_coverage(found, pairs),
        coefficients=coefficients,
        level=confidence_level(pd.DataFrame(coefficients, columns=["confidence"])),
        to_settle=_to_settle(found, pairs),
        without_evidence=_addresses(found, found.codes[~found.codes["sourced"]]),
        nameless=int((found.codes["coder"] == "").sum()),
        pageless=int((needing["page"] == "").sum()),
        faults=grouped(found.quarantine, TO_DO),
        several=len(found.area_ids) > 1,
    )


def summary(found: CodingAnswers) -> str:
    """The same in a few lines for a terminal."""
    pairs = coder_pairs(found)
    differ = len(_to_settle(found, pairs))
    statuses = found.agreed["status"].value_counts()
    countries = ", ".join(areas.get(area_id).name for area_id in found.area_ids)
    lines = [f"coding of {countries or 'no country'}: {found.file}", f"  {account_sentence(found)}"]
    lines.append("  indicators: " + ", ".join(f"{number} {status}" for status, number in statuses.items()))
    lines += [f"  {len(pairs)} answered by both coders, {differ} of them to be adjudicated"] if len(pairs) else []
    lines += [f"  {sentence}" for sentence in found.said]
    return "\n".join([*lines, *in_lines(found.quarantine, TO_DO)])


def account_sentence(found: CodingAnswers) -> str:
    """All answers that were typed are codes or in quarantine."""
    cells = dict(zip(found.account["outcome"], found.account["cells"].astype(int), strict=True))
    answers = "answer" if cells["read"] == 1 else "answers"
    without = cells["without_evidence"]
    return f"{cells['read']:,} {answers} = {cells['codes']:,} read + {cells['quarantine']:,} in quarantine" + (
        f"; {without:,} of those read {'has' if without == 1 else 'have'} no evidence, and no use" if without else ""
    )


def coder_pairs(found: CodingAnswers) -> pd.DataFrame:
    """Return what both coders have answered with evidence, one row an indicator.

    Returns
    -------
    DataFrame: item (country and indicator), area_id, indicator_id, first, second (answers as texts), adjudicated (text,
    or ""), dimension_id, scale.
    """
    used = found.codes[found.codes["sourced"]]
    wide = used.pivot(index=["area_id", "indicator_id"], columns="coder_role", values="answer")
    wide = wide.reindex(columns=["first", "second", "adjudicated"]).astype(object).reset_index()
    both = wide[wide["first"].notna() & wide["second"].notna()].fillna({"adjudicated": ""})
    both = both.merge(found.framework[["indicator_id", "dimension_id", "scale"]], on="indicator_id", how="left")
    both.insert(0, "item", both["area_id"] + " " + both["indicator_id"])
    places = {name: place for place, name in enumerate(found.framework["indicator_id"])}
    return both.iloc[both["indicator_id"].map(places).argsort(kind="stable")].sort_values(
        "area_id", kind="stable", ignore_index=True
    )


# --- The parts of the page -----------------------------------------------------------------------------------------


def _coverage(found: CodingAnswers, pairs: pd.DataFrame) -> list[dict[str, Any]]:
    """The indicators answered, by dimension, and what came of them; the last row is all of them."""
    agreed = found.agreed.merge(found.framework[["indicator_id", "dimension_id", "dimension"]], on="indicator_id")
    of_codes = found.codes.merge(found.framework[["indicator_id", "dimension_id"]], on="indicator_id")
    rows = []
    for name, part in [*agreed.groupby("dimension_id", sort=True), ("", agreed)]:
        codes = of_codes[of_codes["dimension_id"].eq(name) | (name == "")]
        both = pairs[pairs["dimension_id"].eq(name) | (name == "")]
        same = [same_answer(*answers) for answers in zip(both["first"], both["second"], strict=True)]
        counts = part["status"].value_counts()
        settled = int(counts.reindex(["agreed", "adjudicated"]).sum())
        rows.append(
            {
                "title": f"{name}. {part['dimension'].iloc[0]}" if name else "All",
                "asked": len(part),
                **{role: int((codes["coder_role"] == role).sum()) for role in ("first", "second", "adjudicated")},
                "both": len(both),
                "same": sum(same),
                "share": percent(sum(same), len(both)),
                "settled": settled,
                **{status: int(counts.get(status, 0)) for status in ("one coder", "disagree", "unknown", "not coded")},
            }
        )
    return rows


def _coefficients(pairs: pd.DataFrame) -> list[dict[str, Any]]:
    """Agreement beyond chance, for levels and for yes or no; a sentence where there is none."""
    rows: list[dict[str, Any]] = []
    for scale, (title, categories, weights) in _COMPARED.items():
        applies = pairs[["first", "second"]].ne(NOT_APPLICABLE).all(axis=1)
        part = pairs[(pairs["scale"] == scale) & applies]
        try:
            table = coder_agreement(part, categories=categories, weights=weights)
        except NotComparable as error:
            rows.append({"title": title, "note": str(error), "coefficient": ""})
            continue
        for row in table.to_dict("records"):
            weighted = f", {row['weights']} weights" if row["weights"] not in ("", "unweighted") else ""
            said = {"title": title, "coefficient": row["coefficient"] + weighted, "note": row["note"] or ""}
            rows.append(
                said
                | {"confidence": row["confidence"], "n": int(row["n"])}
                | {key: _two(row[key]) for key in ("estimate", "low", "high")}
            )
    return rows


def _to_settle(found: CodingAnswers, pairs: pd.DataFrame) -> list[dict[str, Any]]:
    """Indicators on which the coders differ and nobody has decided, the widest apart first; one unknown last."""
    agreed = found.agreed.set_index(["area_id", "indicator_id"])
    by_indicator = found.codes.set_index(["area_id", "indicator_id"]).sort_index()
    asked = indicators(found.framework)
    rows = []
    for pair in pairs.to_dict("records"):
        both = agreed.loc[(pair["area_id"], pair["indicator_id"])]
        if both["status"] != "disagree":
            continue
        indicator = asked[pair["indicator_id"]]
        codes = by_indicator.loc[(pair["area_id"], pair["indicator_id"])].set_index("coder_role")
        values = codes["value"].reindex(["first", "second"]).astype(float)
        apart = float(abs(values.iloc[0] - values.iloc[1]) / indicator.top)
        rows.append(
            {
                "area": pair["area_id"],
                "id": pair["indicator_id"],
                "text": indicator.text,
                "bounds": _bounds(both["low"], both["high"], indicator),
                "apart": apart,
                **{role: pair[role] for role in ("first", "second")},
                **{f"{role}_evidence": _evidence(codes.loc[role]) for role in ("first", "second")},
            }
        )
    return sorted(rows, key=lambda row: (np.isnan(row["apart"]), -row["apart"] if row["apart"] == row["apart"] else 0))


def _evidence(code: pd.Series) -> str:
    return f"{code['evidence']}, {code['page']}" if code["page"] else code["evidence"]


def _bounds(low: float, high: float, indicator: Indicator) -> str:
    if np.isnan(low) or np.isnan(high):
        return "no figure"
    if indicator.scale == "answer":
        return "yes or no"
    return f"{low:g} to {high:g}" + (" %" if indicator.scale == "share" else "")


def _addresses(found: CodingAnswers, codes: pd.DataFrame) -> Sequence[str]:
    """Row and role of some answers, as a person looks for them."""
    several = len(found.area_ids) > 1
    return [
        f"{row.area_id + ' ' if several else ''}{row.indicator_id} ({row.coder_role}, row {row.row})"
        for row in codes.itertuples()
    ]


def _two(number: float) -> str:
    return "–" if pd.isna(number) else f"{number:.2f}"
