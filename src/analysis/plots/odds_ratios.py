"""A forest plot of odds ratios, the levels of a factor below its name: crude and adjusted, beside the persons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from analysis.plots import key, levels, style
from analysis.plots.levels import TEXT, column_sizes, log_marks, text_columns
from analysis.plots.style import Canvas
from bounded.refusal import Refusal

_NUMBERS = ("crude", "crude_low", "crude_high", "adjusted", "adjusted_low", "adjusted_high")
_ROW = 0.4  # inches: the crude odds ratio above, the adjusted one below
_LANE = 0.17
_NAME = 2.0
# A limit ten times away from one is far enough to see that little is known; an estimate is followed further.
_FAR, _FURTHEST = 10.0, 100.0


@dataclass(frozen=True)
class _Line:
    """A heading with its reference category, or a row with what is written in it; its height in inches."""

    name: str
    tall: float
    row: dict | None = None
    below: str = ""  # of a heading its reference, of a row what to be careful about
    reason: str = ""


@style.seen_as(
    "A line at one, and for each factor a ring for the crude and a square for the adjusted odds ratio, with intervals."
)
@style.styled
def odds_ratios(
    table: pd.DataFrame,
    *,
    title: str,
    footer: style.Footer,
    subtitle: str = "",
    interval_label: str = "95% interval",
    ratio_label: str = "adjusted odds ratio",
    count_label: str = "children (with the outcome)",
) -> Figure:
    """Odds ratios on a scale of equal ratios around one, in the order given; what has no adjusted one is hatched.

    Parameters
    ----------
    table : one row a level of a factor: group (the factor, a heading), reference (its reference category; missing where
        it has none, as for a number), label; crude, crude_low, crude_high, adjusted, adjusted_low, adjusted_high (odds
        ratios and intervals; missing where there is none, limits may be 0 or infinite); n, events (unweighted persons,
        and those with the outcome; no column is drawn of them where none is known); text (why there is no adjusted odds
        ratio, or what to be careful about; may be missing). If the text begins with "suppressed", nothing but n is
        shown.
    ratio_label : head of the column of adjusted odds ratios; name their mark in the key as well.
    count_label : head of the column of persons.

    Raises
    ------
    ValueError : a column is missing, an odds ratio is negative, or one lies outside its own interval.
    """
    if table.empty:
        return style.nothing(title=title, footer=footer, subtitle=subtitle)
    rows = _checked(table)
    records = levels.grouped(rows)
    width = style.WIDTH - 2 * style.MARGIN
    columns = {ratio_label: [_in_words(record) if "adjusted" in record else "" for record in records]}
    if rows["n"].notna().any():
        columns[count_label] = [_persons(record) if "adjusted" in record else "" for record in records]
    widths, headroom = column_sizes(columns, [False] * len(records))
    rooms = [
        max(style.text_width(_name(record), TEXT), style.text_width(_caution(record), 9))
        for record in records
        if "adjusted" in record
    ]
    left = max(rooms) + 0.24
    inches = width - left - sum(widths.values()) - 0.16
    lines = _lines(records, width, inches)
    ends = np.cumsum([line.tall for line in lines])
    middles = [float(end) - line.tall / 2 for end, line in zip(ends, lines, strict=True)]
    listed = _key(rows, ratio_label, interval_label)
    below = 0.56 + key.height(listed, width)
    headroom = max(headroom, 0.28)
    page = style.sheet(headroom + ends[-1] + below, title=title, footer=footer, subtitle=subtitle)
    axes = page.axes(left, below, inches, ends[-1])
    scale = _scale(axes, rows, inches, ends[-1])
    paper = page.canvas(0, below, width, ends[-1])
    for line, end, middle in zip(lines, ends, middles, strict=True):
        if line.row is None:
            # A band over the whole width, as the lines of the scale end at a heading.
            axes.axhspan(end - line.tall, end, facecolor="white", lw=0, zorder=2.5, clip_on=False)
            _heading(paper, ends[-1] - end, line, width)
        else:
            _row_name(paper, left - 0.14, ends[-1] - middle, line)
            _odds_ratios(axes, middle, line, scale)
    text_columns(page, columns, widths, x=left + inches + 0.16, bottom=below, height=ends[-1],
                 chosen=[False] * len(lines), middles=middles)  # fmt: skip
    for x, words, side in ((0.0, "← lower odds", "left"), (1.0, "higher odds →", "right")):
        axes.annotate(words, (x, 1), xycoords="axes fraction", xytext=(0, 5), textcoords="offset points", size=9.5,
                      color=style.MUTED, ha=side, annotation_clip=False)  # fmt: skip
    key.draw(page, listed, x=0, top=key.height(listed, width), width=width)
    return page.figure


def _checked(table: pd.DataFrame) -> pd.DataFrame:
    style.require(table, ("group", "reference", "label", *_NUMBERS, "n", "events", "text"))
    rows = table.reset_index(drop=True).copy()
    rows[[*_NUMBERS, "n", "events"]] = rows[[*_NUMBERS, "n", "events"]].astype(float)
    rows["text"] = rows["text"].fillna("").astype(str)
    rows["reference"] = rows["reference"].fillna("").astype(str)
    # Of a row that is suppressed nothing is drawn, and no number of events written, whatever the table holds.
    suppressed = rows["text"].map(levels.hatching) == style.SUPPRESSED
    rows.loc[suppressed, [*_NUMBERS, "events"]] = np.nan
    negative = rows[(rows[list(_NUMBERS)] < 0).any(axis=1)]
    if len(negative):
        raise Refusal(
            "negative",
            f"An odds ratio of '{negative['label'].iloc[0]}' (row {negative.index[0]}) is negative. "
            "Were logarithms given? Raise e to their power first.",
        )
    for kind in ("crude", "adjusted"):
        low, high = rows[f"{kind}_low"], rows[f"{kind}_high"]
        beside = rows[(rows[kind] < low * (1 - 1e-9)) | (rows[kind] > high * (1 + 1e-9)) | (low > high)]
        if len(beside):
            raise Refusal(
                "outside_interval",
                f"The {kind} odds ratio of '{beside['label'].iloc[0]}' (row {beside.index[0]}) lies outside its own "
                "interval: give low and high as the ends of the interval.",
            )
    return rows


def _lines(records: list[dict], width: float, inches: float) -> list[_Line]:
    """The rows below their headings, each as high as what is written in it; the scale is so many inches wide."""
    lines = []
    for place, record in enumerate(records):
        if "adjusted" in record:
            lines.append(_row(record, inches))
            continue
        name = "\n".join(style.wrap(str(record["label"]), width, TEXT, bold=True))
        reference = records[place + 1]["reference"]
        words = "\n".join(style.wrap(f"(reference: {reference})", width, 9.5)) if reference else ""
        tall = 0.2 + 0.17 * (name.count("\n") + 1)
        if words and not _beside(name, words, width):
            tall += 0.16 * (words.count("\n") + 1)
        lines.append(_Line(name, tall, below=words))
    return lines


def _beside(name: str, words: str, width: float) -> bool:
    """Whether the reference category has room behind the name of a factor."""
    return "\n" not in name + words and (
        style.text_width(name, TEXT, bold=True) + 0.08 + style.text_width(words, 9.5) <= width
    )


def _row(record: dict, inches: float) -> _Line:
    name, caution = _name(record), _caution(record)
    estimated = not np.isnan(record["adjusted"])
    said = record["text"] or "no adjusted odds ratio"
    reason = "" if estimated else "\n".join(style.wrap(said, inches - 0.25, 9))
    written = 0.175 * (name.count("\n") + 1) + (0.16 * (caution.count("\n") + 1) if caution else 0) + 0.08
    crude = _LANE if not np.isnan(record["crude"]) else 0
    hatch = 0.15 * (reason.count("\n") + 1) + 0.16 + crude if reason else 0
    return _Line(name, max(_ROW, written, hatch), record, caution, reason)


def _name(record: dict) -> str:
    return "\n".join(style.wrap(str(record["label"]), _NAME, TEXT))


def _caution(record: dict) -> str:
    """What to be careful about in a row that has an estimate."""
    if np.isnan(record["adjusted"]) or not record["text"]:
        return ""
    return "\n".join(style.wrap(record["text"], _NAME, 9))


def _heading(paper: Canvas, bottom: float, line: _Line, width: float) -> None:
    if _beside(line.name, line.below, width):
        x = style.text_width(line.name, TEXT, bold=True) + 0.08
        paper.text(0, bottom + 0.13, line.name, size=TEXT, weight="bold", gid="label:factor")
        paper.text(x, bottom + 0.13, line.below, size=9.5, color=style.MUTED, gid="label:reference")
        return
    paper.text(0, bottom + line.tall - 0.12, line.name, size=TEXT, weight="bold", va="top", linespacing=1.1,
               gid="label:factor")  # fmt: skip
    paper.text(0, bottom + 0.06, line.below, size=9.5, va="bottom", color=style.MUTED, linespacing=1.1,
               gid="label:reference")  # fmt: skip


def _row_name(paper: Canvas, right: float, middle: float, line: _Line) -> None:
    if not line.below:
        paper.text(right, middle, line.name, size=TEXT, ha="right", linespacing=1.1, gid="label:level",
                   va="center" if "\n" in line.name else "center_baseline")  # fmt: skip
        return
    # Name and caution together stand in the middle of the row.
    above, below = 0.175 * (line.name.count("\n") + 1), 0.155 * (line.below.count("\n") + 1)
    top = middle + (above + below) / 2
    paper.text(right, top, line.name, size=TEXT, ha="right", va="top", linespacing=1.1, gid="label:level")
    paper.text(right, top - above, line.below, size=9, ha="right", va="top", color=style.MUTED, linespacing=1.1,
               gid="label:caution")  # fmt: skip


def _scale(axes: Axes, rows: pd.DataFrame, inches: float, tall: float) -> tuple[float, float]:
    """Equal ratios equally long, one always among them; returns the ends of the scale."""
    ratios = rows[["crude", "adjusted"]].to_numpy().ravel()
    limits = rows[["crude_low", "crude_high", "adjusted_low", "adjusted_high"]].to_numpy().ravel()
    near = ratios[(ratios >= 1 / _FURTHEST) & (ratios <= _FURTHEST)]
    shown = np.concatenate([near, np.clip(limits[~np.isnan(limits)], 1 / _FAR, _FAR), [0.5, 2.0]])
    first, last = float(shown.min() / 1.15), float(shown.max() * 1.15)
    axes.set_xscale("log")
    axes.set(xlim=(first, last), ylim=(tall, 0), yticks=[])
    axes.xaxis.set_major_locator(FixedLocator(log_marks(first, last, inches)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: style.number(value)))
    axes.tick_params(axis="x", length=0, labelsize=10)
    axes.grid(axis="x")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.axvline(1, color=style.INK, lw=1.2, zorder=1.5)
    axes.set_xlabel("odds ratio (each step the same ratio)", size=TEXT, loc="left")
    return first, last


def _odds_ratios(axes: Axes, middle: float, line: _Line, ends: tuple[float, float]) -> None:
    """The crude odds ratio above and the adjusted one below the middle; alone, either of them in the middle."""
    row: dict = line.row or {}
    both = not np.isnan(row["crude"])
    if both:
        up = middle - _LANE / 2 if not line.reason else middle - line.tall / 2 + _LANE
        levels.interval(axes, up, row["crude_low"], row["crude_high"], ends, lw=1.2, colour=style.CONTEXT)
        _mark(axes, up, row["crude"], ends, "o", style.CONTEXT, "white")
    if line.reason:
        top = middle - line.tall / 2 + (1.65 * _LANE if both else 0.05)
        bottom = middle + line.tall / 2 - 0.05
        levels.hatched(axes, (top + bottom) / 2, bottom - top, line.reason, levels.hatching(line.reason))
        return
    down = middle + (_LANE / 2 if both else 0)
    levels.interval(axes, down, row["adjusted_low"], row["adjusted_high"], ends, lw=2, colour=style.BLUE)
    _mark(axes, down, row["adjusted"], ends, "s", style.BLUE, style.BLUE)


def _mark(axes: Axes, y: float, ratio: float, ends: tuple[float, float], marker: str, colour: str, face: str) -> None:
    """An odds ratio, or at the end of the scale an arrow towards it."""
    first, last = ends
    if not first <= ratio <= last:
        marker = "<" if ratio < first else ">"
    axes.plot([min(max(ratio, first), last)], [y], marker, ms=7, mfc=face, mec=colour, mew=1.4, zorder=4,
              clip_on=False)  # fmt: skip


def _in_words(row: dict) -> str:
    if np.isnan(row["adjusted"]):
        return "–"
    said = _ratio(row["adjusted"])
    if np.isnan(row["adjusted_low"]) or np.isnan(row["adjusted_high"]):
        return said
    return f"{said} ({_ratio(row['adjusted_low'])}–{_ratio(row['adjusted_high'])})"


def _ratio(value: float) -> str:
    if not np.isfinite(value):
        return "∞"
    if value >= 999.5:
        return ">1,000"
    if value == 0:
        return "0"
    if value < 0.005:
        return "<0.01"
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 99.95 else f"{value:.0f}"


def _persons(row: dict) -> str:
    if np.isnan(row["n"]):
        return "–"
    return f"{row['n']:,.0f}" + ("" if np.isnan(row["events"]) else f" ({row['events']:,.0f})")


def _key(rows: pd.DataFrame, ratio_label: str, interval_label: str) -> list[key.Entry]:
    listed = []
    if rows["crude"].notna().any():
        listed.append(key.dot("crude odds ratio", style.CONTEXT, filled=False))
    if rows["adjusted"].notna().any():
        listed += [key.dot(ratio_label, style.BLUE, "s"), key.line(interval_label, style.BLUE)]
    reasons = rows.loc[rows["adjusted"].isna(), "text"].map(levels.hatching)
    for hatch, words in ((style.SUPPRESSED, "suppressed"), (style.UNKNOWN, "not estimable")):
        if (reasons == hatch).any():
            listed.append(key.patch(words, "white", style.MUTED, hatch))
    return listed
