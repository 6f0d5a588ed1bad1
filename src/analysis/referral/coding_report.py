"""What became of a coding sheet, for the data manager: what to fix, how far the coders agree, what to adjudicate.

How far two coders of the same items agree beyond chance, and where they differ. What the catalogue says of a sheet that
was accepted; and the copies of two coders as one sheet for the adjudicator.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis import areas, catalog, texts
from analysis.catalog import CatalogError
from analysis.referral.coding_intake import TO_DO, CodingAnswers, CodingError, intake, same_answer
from analysis.referral.coding_sheet import (
    NO,
    NOT_APPLICABLE,
    STUDY,
    UNKNOWN,
    YES,
    Indicator,
    indicators,
    workbook,
)
from analysis.templating.quarantine import grouped, in_lines, page, percent
from bounded import intervals
from bounded.refusal import Refusal, require_columns, require_once


@dataclass(frozen=True)
class CodingFile:
    """A coding sheet, or an export of its form: name of its entry, countries, and what its readers must know of it."""

    name: str
    area_ids: tuple[str, ...]
    title: str
    date: datetime.date
    study: str = STUDY
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
    """Whether nothing is lost if one of two answers is left out."""
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
    return page(
        "coding_intake.html.j2",
        countries=[areas.get(area_id).name for area_id in found.area_ids],
        file=found.file,
        sentence=account_sentence(found),
        said=found.said,
        coverage=_coverage(found, pairs),
        coefficients=_coefficients(pairs),
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
    """What both coders have answered with evidence, one row an indicator.

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
    """By dimension, how many indicators each has answered, and what came of them; the last row is all of them."""
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
    # Loaded here: reading a sheet needs no statistics.

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
            rows.append(said | {"n": int(row["n"])} | {key: _two(row[key]) for key in ("estimate", "low", "high")})
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


TEXT = texts.of(__name__)

FEWEST_OF_A_GROUP = 10  # items; below it the limits of a coefficient span most of its range
_WEIGHTS = {"unweighted": 0, "linear": 1, "quadratic": 2}
_NUMBERS = ["estimate", "standard_error", "low", "high"]
Code = str | float


class NotComparable(Refusal):
    """The codes carry no measure of agreement; the message says why, and what would help."""


def coder_agreement(
    codes: pd.DataFrame,
    *,
    categories: Sequence | None = None,
    weights: str = "unweighted",
    by: str | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Agreement of two coders: the share of items coded alike, Cohen's kappa, and Gwet's AC1.

    "unknown" is a category like any other in the unweighted coefficients: that both find nothing is agreement. It has
    no place on a scale: items where either coder says it are left out of weighted coefficients, and counted. Codes are
    compared without regard to case and spaces; 2, 2.0 and "2" are one code.

    Limits: Wilson's for the share of items coded alike. All others are Student's t with n - 1 degrees of freedom on the
    logarithm of 1 - estimate, the ratio of observed to chance disagreement, so that none lies above 1; where no item is
    coded differently the lower limit is the exact one of that share (Clopper and Pearson 1934), chance agreement taken
    as observed. In simulated tables of 10 to 50 items and 2 or 4 categories they held in 84 to 99 of 100 for unweighted
    coefficients, mostly in 93 to 98, while estimate ± t x standard error as in Gwet (2014) fell to 11 where coders
    nearly agree. Weighted ones held in 75 to 99: of few items, take them as too narrow.

    Parameters
    ----------
    codes : one row an item: item, first, second (the codes; missing or empty = not coded by that coder).
    categories : all codes that could be given, from the lowest to the highest, without "unknown"; by default those that
        are in use. Name them all where some are not in use: AC1 depends on how many there are.
    weights : "linear" or "quadratic" adds weighted agreement, weighted kappa and Gwet's AC2. Numbers are as far apart
        as they are; words as their places in `categories`, or in ordered categorical columns.
    by : a column of groups (a dimension, say); then one set of rows a group, suppressed below 10 items. The categories
        are those of the whole table.
    confidence : level of the limits, between 0 and 1.

    Returns
    -------
    DataFrame, one row a coefficient (and group): [`by`], coefficient, weights, n (items it rests on), not_both (items
    that not both have coded), unknown_left_out (items coded by both but not on the scale), estimate (at most 1; for
    agreement a share), standard_error (large-sample; Gwet's by n - 1, the others by n), low, high, note (why a number
    is missing, or how it came about), confidence (level of low and high).

    Raises
    ------
    NotComparable : both have coded fewer than 2 items, a code is none of `categories`, or weights are asked for codes
        without an order.
    ValueError : a column is missing, an item stands twice, or `weights` or `confidence` is none.

    References
    ----------
    Cohen, J. (1960). A coefficient of agreement for nominal scales. Educational and Psychological Measurement 20,
    37-46. Cohen, J. (1968). Weighted kappa. Psychological Bulletin 70, 213-220. Fleiss, J. L., Cohen, J. and Everitt,
    B. S. (1969). Large sample standard errors of kappa and weighted kappa. Psychological Bulletin 72, 323-327. Gwet,
    K. L. (2008). Computing inter-rater reliability and its variance in the presence of high agreement. British Journal
    of Mathematical and Statistical Psychology 61, 29-48. Gwet, K. L. (2014). Handbook of inter-rater reliability, 4th
    edition (AC2).
    """
    intervals.check_confidence(confidence)
    if weights not in _WEIGHTS:
        raise Refusal(
            "unknown_choice", f"The weights must be one of {', '.join(_WEIGHTS)}; '{weights}' is none of them."
        )
    pairs, scale = _read(codes, categories, by)
    both = int(pairs["both"].sum())
    if both < 2:
        raise NotComparable(
            "too_few_rows",
            f"Agreement needs at least 2 items that both coders have coded; here there are {both}. "
            "Let the second coder code a sample of the first one's items.",
        )
    if weights != "unweighted" and scale.places is None:
        raise NotComparable(
            "unordered_categories",
            f"Weights need codes with an order, and none can be seen in {', '.join(map(_words, scale.labels[:4]))}. "
            "Give `categories` from the lowest to the highest, or leave the codes unweighted.",
        )
    if by is None:
        return _chance_corrected(pairs, scale, weights, confidence, fewest=2)
    parts = [
        _chance_corrected(group, scale, weights, confidence, FEWEST_OF_A_GROUP).assign(**{by: name})
        for name, group in pairs.groupby("group", sort=False, dropna=False)
    ]
    table = pd.concat(parts, ignore_index=True)
    return table[[by, *table.columns.drop(by)]]


@dataclass(frozen=True)
class _Scale:
    """The codes without "unknown", where each lies if they are ordered, and whether "unknown" is in use."""

    labels: list[Code]
    places: NDArray[np.float64] | None
    unknown: bool

    def weights(self, power: int) -> NDArray[np.float64]:
        """Agreement of each pair of codes, 1 where they are the same; with power 0 there is none in part."""
        if power == 0:
            return np.eye(len(self.labels) + self.unknown)
        assert self.places is not None
        return 1 - np.abs(np.subtract.outer(self.places, self.places) / (np.ptp(self.places) or 1)) ** power


def _read(codes: pd.DataFrame, categories: Sequence | None, by: str | None) -> tuple[pd.DataFrame, _Scale]:
    """The codes as they are compared (first, second, both, group), and the scale they are from."""
    group = [by] if by else []
    require_columns(codes, ["item", "first", "second", *group], "codes")
    require_once(codes, ["item", *group], "codes", "give one row an item, with both codes")
    if categories is None:
        types = [codes[name].dtype for name in ("first", "second")]
        if all(isinstance(kind, pd.CategoricalDtype) and kind.ordered for kind in types) and types[0] == types[1]:
            categories = list(types[0].categories)
    columns = [codes["first"].tolist(), codes["second"].tolist(), [] if categories is None else list(categories)]
    first, second, given = _compared(columns)
    pairs = pd.DataFrame({"first": first, "second": second}, dtype=object)
    pairs["both"] = pairs["first"].notna() & pairs["second"].notna()
    pairs["group"] = codes[by].to_numpy() if by else ""
    used = {code for code in (*first, *second) if code is not None}
    labels = [code for code in given if code not in (None, UNKNOWN)]
    if len(set(labels)) < len(labels):
        raise Refusal("duplicate_category", "A category stands twice: name each once, from the lowest to the highest.")
    strange = sorted(map(_words, used - {UNKNOWN, *labels})) if labels else []
    if strange:
        raise NotComparable(
            "unknown_code", f"The code '{strange[0]}' is none of the categories: fix the code, or add the category."
        )
    numeric = all(isinstance(code, float) for code in used - {UNKNOWN} | set(labels))
    ordered = numeric or bool(labels)
    labels = labels or sorted(used - {UNKNOWN})
    places = np.array(labels if numeric else range(len(labels)), dtype=float) if ordered else None
    return pairs, _Scale(labels, places, UNKNOWN in used)


def _compared(columns: list[list]) -> list[list[Code | None]]:
    """Codes written alike in all columns: numbers if all can be read as such, else small letters; None if missing."""
    texts = [["" if pd.isna(code) else str(code).strip().lower() for code in column] for column in columns]
    numbers = {text: _number(text) for text in {text for column in texts for text in column} - {"", UNKNOWN}}
    if all(number is not None for number in numbers.values()):
        return [[numbers.get(text, text or None) for text in column] for column in texts]
    # A column of whole numbers that has gaps is read as 2.0 where another one says 2.
    plain = {text: text if number is None else f"{number:g}" for text, number in numbers.items()}
    return [[plain.get(text, text or None) for text in column] for column in texts]


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def _words(code: Code) -> str:
    return f"{code:g}" if isinstance(code, float) else code


def _chance_corrected(pairs: pd.DataFrame, scale: _Scale, weights: str, confidence: float, fewest: int) -> pd.DataFrame:
    """The rows of one group of items."""
    coded = pairs[pairs["both"]]
    left = len(pairs) - len(coded)
    every = [*scale.labels, *([UNKNOWN] if scale.unknown else [])]
    rows = _rows(coded, every, scale.weights(0), "unweighted", confidence, fewest)
    rows = [row | {"not_both": left, "unknown_left_out": 0} for row in rows]
    if weights != "unweighted":
        known = coded[coded["first"].ne(UNKNOWN) & coded["second"].ne(UNKNOWN)]
        weighted = _rows(known, scale.labels, scale.weights(_WEIGHTS[weights]), weights, confidence, fewest)
        rows += [row | {"not_both": left, "unknown_left_out": len(coded) - len(known)} for row in weighted]
    columns = ["coefficient", "weights", "n", "not_both", "unknown_left_out", *_NUMBERS, "note"]
    table = pd.DataFrame(rows)[columns].astype({name: float for name in _NUMBERS})
    return table.assign(confidence=confidence)


def _rows(
    pairs: pd.DataFrame, labels: list[Code], w: NDArray[np.float64], weights: str, confidence: float, fewest: int
) -> list[dict]:
    """Agreement, kappa and Gwet's coefficient of these items with these weights."""
    plain = weights == "unweighted"
    names = ["percent agreement", "Cohen's kappa", "Gwet's AC1"]
    names = names if plain else ["weighted agreement", "weighted kappa", "Gwet's AC2"]
    n = len(pairs)
    base = [{"coefficient": name, "weights": weights, "n": n, "note": ""} for name in names]
    if n < fewest:
        enough = TEXT["rows_enough"].format(fewest=fewest) + ("" if plain else TEXT["rows_enough_on_the_scale"])
        return [row | dict.fromkeys(_NUMBERS) | {"note": f"suppressed: {enough}"} for row in base]
    joint = _joint(pairs["first"], pairs["second"], labels)
    agreed = float((w * joint).sum())
    first, second = joint.sum(axis=1), joint.sum(axis=0)
    # Chance agreement of each coefficient, and its change with the share of each pair of codes (Fleiss, Cohen and
    # Everitt 1969; Gwet 2008): the large-sample variance is that of the mean of what every item adds. It is divided by
    # n, as Fleiss, Cohen and Everitt have it, or by n - 1, as Gwet has it for ratings of items.
    q = len(labels)
    share = (first + second) / 2
    each = w.sum() / (q * (q - 1)) if q > 1 else 0.0
    by_chance = [
        (0.0, np.zeros_like(w), n),
        (float(first @ w @ second), (w @ second)[:, None] + (first @ w)[None, :], n),
        (float(each * (share * (1 - share)).sum()), each * (2 - share[:, None] - share[None, :]), n - 1),
    ]
    same = float(np.trace(joint))
    rows = [
        row | _estimate(joint, w, agreed, *chance, same, n, confidence)
        for row, chance in zip(base, by_chance, strict=True)
    ]
    if plain:
        low, high = intervals.wilson(round(agreed * n), round(agreed * n), n, confidence)
        error = np.sqrt(agreed * (1 - agreed) / n)
        rows[0] |= {"standard_error": float(error), "low": float(low), "high": float(high), "note": ""}
    return rows


def _joint(first: Iterable[Code], second: Iterable[Code], labels: list[Code]) -> NDArray[np.float64]:
    """The share of the items of each pair of codes."""
    place = {label: number for number, label in enumerate(labels)}
    table = np.zeros((len(labels), len(labels)))
    np.add.at(table, ([place[code] for code in first], [place[code] for code in second]), 1)
    return table / table.sum()


def _estimate(
    joint: NDArray[np.float64],
    w: NDArray[np.float64],
    agreed: float,
    chance: float,
    change: NDArray[np.float64],
    divisor: int,
    same: float,
    n: int,
    confidence: float,
) -> dict:
    """(agreed - chance) / (1 - chance) with its standard error and limits, or a note why there are none."""
    from scipy import stats

    if chance > 1 - 1e-12:
        note = TEXT["estimate_note"]
        return dict.fromkeys(_NUMBERS) | {"note": note}
    value = (agreed - chance) / (1 - chance)
    adds = w - (1 - value) * change
    least = -1.0 if chance > 0 else 0.0
    variance = ((joint * adds**2).sum() - (joint * adds).sum() ** 2) / (divisor * (1 - chance) ** 2)
    error = float(np.sqrt(variance)) if variance > 1e-14 else 0.0
    if same > 1 - 1e-12:
        alike = ((1 - confidence) / 2) ** (1 / n)
        low = max(1 - (1 - alike) / (1 - chance), least)
        note = TEXT["estimate_note_no_item"]
        return {"estimate": 1.0, "standard_error": 0.0, "low": low, "high": 1.0, "note": note}
    if error == 0:
        note = TEXT["estimate_note_no_limits"]
        return {"estimate": value, "standard_error": np.nan, "low": np.nan, "high": np.nan, "note": note}
    wide = np.exp(stats.t.ppf((1 + confidence) / 2, n - 1) * error / (1 - value))
    low, high = max(1 - (1 - value) * wide, least), 1 - (1 - value) / wide
    return {"estimate": value, "standard_error": error, "low": low, "high": high, "note": ""}
