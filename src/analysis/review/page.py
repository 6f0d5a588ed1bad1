"""The page of a review: what a change did, in the order in which it matters, and a table of all of it.

Real and synthetic data never stand on one page: what follows from synthetic data is on a page, and in a table, of its
own, whose names say so.
"""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import areas, monitoring, templating
from analysis.file_writing import write_whole
from analysis.findings.measures import area_name
from analysis.jobs import ALL, SYNTHETIC
from analysis.review import differences as d
from analysis.review.differences import BETWEEN, CHANGED
from analysis.review.published import FIGURE, FILE, NUMBER, SENTENCE, STATE, number
from analysis.review.wording import word_diff
from analysis.spreadsheets import csv_bytes
from bounded.refusal import Refusal

PAGE, TABLE = "index", "changes"
_PACKAGE = "analysis.review"
# Rows of a section that stand open; that stand folded; pairs of figures; words about an edit; places that are named.
OPEN, FOLDED, PICTURES, AROUND, PLACES = 12, 150, 24, 12, 40
SECTIONS = (
    ("Headlines", (d.HEADLINE,), "The one number that pages and texts print of an area and a measure."),
    ("Recommendations that turned", (d.TURNED,), "What the findings say of the condition that each rests on."),
    ("Directions that flipped", (d.FLIPPED,), "A rise that became a fall, or a gap that opened or closed."),
    ("Suppressed otherwise", (d.SUPPRESSED,), "Shown in one of the two, suppressed or withheld in the other."),
    ("Numbers beyond their uncertainty", (d.BEYOND,), "By limits or bounds the two are not the same."),
    ("Figures of which no uncertainty is known", (d.EXACT,), "Counts and results that are printed without limits."),
    ("Numbers that are new, gone or not comparable", (d.KNOWN,), ""),
    ("Numbers within their uncertainty", (d.WITHIN,), "The two may be the same."),
    ("States", (d.STATES,), "In place, partly, not in place, unknown, does not apply; and other levels."),
    ("Sentences", (d.WORDING, d.CONDITION, d.IN_SENTENCES), "First other wording, then other numbers."),
    ("Figures", (d.DRAWN,), ""),
    ("Files", (d.BYTES, d.NAMES_INPUT), "Files with other bytes: what differs in them is above, where it can be read."),
)  # fmt: skip
_UNITS = {"percent": " %", "percent_a_year": " % a year", "persons": " persons"}


@dataclass(frozen=True)
class Review:
    """A review as its page tells it.

    Parameters
    ----------
    changes : of `differences.differences`. old, new : what the two states are called.
    old_files, new_files : files of both by name, as `published.outputs` has them; figures are read from there.
    causes : change (id), cause (id of an input), how, words; None where nobody looked for them.
    inputs : what differs in what the two states were made from: id, words, diff (lines that begin with - or +).
    private : whether files are for their owner alone.
    """

    changes: pd.DataFrame
    old: str
    new: str
    old_files: Mapping[str, Path]
    new_files: Mapping[str, Path]
    causes: pd.DataFrame | None = None
    inputs: Sequence[Mapping[str, str]] = ()
    notes: Sequence[str] = ()
    private: bool = False


def write(review: Review, folder: Path) -> list[Path]:
    """Write page and table; of synthetic data those of their own, which are taken away where nothing of it changed."""
    of_synthetic = review.changes["synthetic"].astype(bool)
    written = []
    for mark, changes in (("", review.changes[~of_synthetic]), (SYNTHETIC, review.changes[of_synthetic])):
        page, table = folder / f"{PAGE}{mark}.html", folder / f"{TABLE}{mark}.csv"
        if mark and changes.empty:
            page.unlink(missing_ok=True)
            table.unlink(missing_ok=True)
            continue
        other = f"{PAGE}.html" if mark else f"{PAGE}{SYNTHETIC}.html" if of_synthetic.any() else ""
        write_whole(page, as_html(review, changes, folder, bool(mark), other).encode(), private=review.private)
        write_whole(table, csv_bytes(_with_causes(changes, review)), private=review.private)
        written += [page, table]
    return written


def _with_causes(changes: pd.DataFrame, review: Review) -> pd.DataFrame:
    if review.causes is None or review.causes.empty:
        return changes.assign(causes="")
    said = review.causes.groupby("change")["words"].agg(lambda words: BETWEEN.join(dict.fromkeys(words)))
    return changes.assign(causes=changes["id"].map(said).fillna("not attributed"))


def answer(changes: pd.DataFrame, inputs: Sequence[Mapping[str, str]] = ()) -> str:
    """Return the outcome of a review in one or two sentences."""
    if changes.empty:
        return "Nothing that is published differs."
    why, kind = changes["why_it_matters"], changes["kind"]
    numbers = changes[kind.isin([NUMBER, STATE])]
    turned = changes.loc[why.eq(d.TURNED), "id"].str.split("/").str[0].nunique()
    beyond = int((numbers["why_it_matters"].eq(d.BEYOND) | numbers["beyond"].eq(monitoring.BEYOND)).sum())
    sentences = int((kind.eq(SENTENCE) & why.ne(d.NAMES_INPUT)).sum())
    files = int(kind.isin([FILE, FIGURE]).sum())
    said = (
        f"{counted(len(numbers), 'number')} changed, {beyond} beyond {'its' if beyond == 1 else 'their'} uncertainty; "
        f"{counted(int(why.eq(d.HEADLINE).sum()), 'headline')}; {counted(turned, 'recommendation')} turned; "
        f"{counted(sentences, 'sentence')}, {counted(int(kind.eq(FIGURE).sum()), 'figure')}, {counted(files, 'file')}."
    )
    # Pages of which a reader sees nothing else but the digest of a file that they were made from.
    told = set(BETWEEN.join(changes.loc[~why.isin([d.BYTES, d.NAMES_INPUT]), "places"]).split(BETWEEN))
    named = set(BETWEEN.join(changes.loc[why.eq(d.NAMES_INPUT), "places"]).split(BETWEEN)) - told - {""}
    if named:
        said += f" Of {counted(len(named), 'file')} only the digest of an input is another."
    if not inputs:
        return said
    first = f"{inputs[0]['words']} changed. " if len(inputs) == 1 else f"{len(inputs)} inputs changed. "
    return first + said


def counted(number: int, what: str) -> str:
    """Return how many there are, as "1 number" or "1,200 numbers"."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def as_html(review: Review, changes: pd.DataFrame, folder: Path, synthetic: bool, other: str) -> str:
    """Return the page; its links begin in `folder`."""
    causes: dict[str, list[dict[str, Any]]] = {}
    if review.causes is not None:
        for each in review.causes.to_dict("records"):
            causes.setdefault(each["change"], []).append(each)
    pictures = 0
    shown: list[dict[str, Any]] = []
    sections: list[dict[str, Any]] = []
    for title, why, note in SECTIONS:
        own = changes[changes["why_it_matters"].isin(list(why))]
        rows = [_shown(row, review, causes, folder) for row in own.head(OPEN + FOLDED).to_dict("records")]
        shown += rows
        for row in rows:
            if row["kind"] == FIGURE and pictures < PICTURES:
                row["pictures"] = _pictures(row["path"], review)
                pictures += 1
        layout = {d.BYTES: "files", d.WORDING: "texts", d.DRAWN: "figures"}.get(why[0], "numbers")
        open_ = 0 if layout == "files" else OPEN
        said = {"title": title, "note": note, "layout": layout, "all": len(own), "more": len(own) - len(rows)}
        sections.append({**said, "open": rows[:open_], "folded": rows[open_:]})
    script, style = (templating.text_of(_PACKAGE, name) for name in ("review.js", "review.css"))
    look = f"{templating.style()}\n{templating.text_of('analysis.templating', 'checks.css')}\n{style}"
    return (
        templating.environment(_PACKAGE)
        .get_template("review.html.j2")
        .render(
            answer=answer(changes, review.inputs),
            review=review,
            sections=[each for each in sections if each["all"]],
            empty=[each["title"] for each in sections if not each["all"]],
            areas=sorted({name for row in shown for name in row["areas"]}),
            kinds=sorted(set(changes["kind"])),
            has_causes=review.causes is not None,
            inputs=[{**each, "lines": each["diff"].splitlines()} for each in review.inputs],
            synthetic=synthetic,
            other=other,
            table=f"{TABLE}{SYNTHETIC if synthetic else ''}.csv",
            look=look,
            script=script,
            policy=templating.policy(look, scripts=[templating.digest(script)]),
        )
    )


def _shown(row: dict[str, Any], review: Review, causes: Mapping[str, list], folder: Path) -> dict[str, Any]:
    """A change in words."""
    places = str(row["places"]).split(BETWEEN)
    ids = [row["area_id"] or row["study"]]
    if row["kind"] == SENTENCE:
        # A number is of one area, wherever it stands; a sentence is of all that have it.
        parts = [place.split("/") for place in places]
        ids += [each[2] for each in parts if len(each) == 4 and each[1] in areas.STUDIES]
    names = [name for each in dict.fromkeys(ids) if (name := _area(each))]
    analysis = ALL[row["analysis"]].title if row["analysis"] in ALL else row["analysis"].capitalize()
    own = causes.get(row["id"], [])
    return {
        "id": row["id"],
        "kind": row["kind"],
        "path": row["path"],
        "status": row["status"],
        "areas": names,
        "area": ", ".join(names[:1]) + (f" and {len(names) - 1} more" if names[1:] else ""),
        "where": ", ".join(filter(None, [analysis, _exhibit(row)])),
        "key": _plain_words(row["key"]) if row["kind"] not in (FILE, FIGURE) else Path(row["path"]).name,
        "part": row["part"],
        "link": next((link for place in places if (link := _link(place, review, folder))), ""),
        "old": "" if row["status"] == d.NEW else _value(row, "old"),
        "new": "" if row["status"] == d.GONE else _value(row, "new"),
        "words": word_diff(row["old_value"], row["new_value"], AROUND) if row["kind"] == SENTENCE else "",
        "relative": _percent(row["relative_change"]),
        "beyond": _beyond(row),
        "note": _note(row["note"]),
        "places": places[:PLACES],
        "more_places": max(len(places) - PLACES, 0),
        "number_of_places": len(places),
        "causes": [{"words": each["words"], "how": each["how"], "id": each["cause"]} for each in own],
        "pictures": None,
    }


def _exhibit(row: Mapping[str, Any]) -> str:
    said = str(row["exhibit"]).strip("()").replace("_", " ")
    return "" if said in ("page", "") or row["kind"] in (FILE, FIGURE) else said


def _area(area_id: str) -> str:
    try:
        return area_name(area_id) if area_id else ""
    except Refusal:
        return area_id


def _plain_words(text: str) -> str:
    """A text without references of the report's own: what stands for a term or a number is a dash."""
    parts = str(text).split("[[")
    return "".join([parts[0], *(f"…{each.partition(']]')[2]}" for each in parts[1:])])[:400]


def _link(place: str, review: Review, folder: Path) -> str:
    """The address of the page that shows a file of the new state, from the folder of the review."""
    path = review.new_files.get(place)
    if path is None or path.suffix not in (".html", ".csv"):
        return ""
    parents = [*folder.parents]
    common = next((n for n, parent in enumerate(parents) if path.is_relative_to(parent)), len(parents) - 1)
    if parents[common] == Path(path.anchor):
        return path.as_uri()
    return "../" * (common + 1) + path.relative_to(parents[common]).as_posix()


def _value(row: Mapping[str, Any], side: str) -> str:
    """The value of a change on one side, with its limits or bounds."""
    value, low, high = (row[f"{side}_{name}"] for name in ("value", "low", "high"))
    if row["kind"] in (FILE, FIGURE):
        return str(value)[:12]
    if row["kind"] not in (NUMBER, STATE) or (math.isnan(low) and math.isnan(high)):
        return str(value) or ("empty" if row["kind"] in (NUMBER, STATE) else "")
    unit = _UNITS.get(row["unit"], "")
    said = "" if math.isnan(number(value)) else written(number(value))
    if low == high:
        return f"{written(low)}{unit}"
    between = f"≥ {written(low)}" if math.isinf(high) else f"{written(low)} to {written(high)}"
    return f"{said} ({between}){unit}" if said else f"{between}{unit}"


def written(number: float) -> str:
    """Return a number as a reader wants it: a whole one in full, any other to four digits."""
    if math.isinf(number):
        return "∞"
    return f"{number:,.0f}" if number == int(number) or abs(number) >= 1000 else f"{number:.4g}"


def _percent(relative: float) -> str:
    if math.isnan(relative):
        return ""
    percent = 100 * relative
    return f"× {1 + relative:,.1f}" if percent >= 1000 else f"{percent:+.1f} %" if abs(percent) >= 0.05 else ""


def _beyond(row: Mapping[str, Any]) -> str:
    said = str(row["beyond"]).removeprefix("changed ").strip("()")
    return ", ".join(filter(None, [said or ("" if row["status"] == CHANGED else row["status"]), row["direction"]]))


def _note(text: str) -> str:
    """A note as HTML, with the marks of `word_difference` as words that went and came."""
    said = html.escape(text)
    for mark, tag in (("[-", "<del>"), ("-]", "</del> "), ("{+", "<ins>"), ("+}", "</ins> ")):
        said = said.replace(mark, tag)
    return said


def _pictures(path: str, review: Review) -> dict[str, str]:
    found = {}
    for side, files in (("old", review.old_files), ("new", review.new_files)):
        content = files[path].read_bytes() if path in files else b""
        found[side] = f"data:image/png;base64,{base64.b64encode(content).decode()}" if content else ""
    return found
