"""Comparison of a released file with the same file made again: bytes, then numbers within a tolerance.

A table is compared cell by cell, a page number by number once all other text of it is the same, a figure pixel by
pixel. Each difference says where it is.
"""

from __future__ import annotations

import base64
import csv
import difflib
import html
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from analysis.batch.products import digest
from analysis.report.page_links import bare
from analysis.review import page_texts

# Digits with their separators and exponent; a sign belongs to the text around, which must be the same.
NUMBER = re.compile(r"\d+(?:[.,]\d+)*(?:[eE][-+]?\d+)?")
PICTURE = re.compile(r"data:image/[\w.+-]+;base64,([A-Za-z0-9+/=\s]+)")
# Two numbers nearer than this are the same however small they are.
NEAREST = 1e-12
# Share of the pixels that may be others where a figure is drawn from the same numbers: edges of thin lines.
PIXELS = 0.001
# Letters of the text around a difference that are named with it.
AROUND = 60


@dataclass(frozen=True)
class Difference:
    """One place in which a file made again is not as it was released.

    Parameters
    ----------
    path : of the released file. kind : table, page, figure or file. where : row and column, sentence, exhibit.
    then, now : released, and made again. relative : of numbers, their difference relative to the larger; else NaN.
    within : True if that is within the tolerance.
    """

    path: str
    kind: str
    where: str
    then: str
    now: str
    relative: float
    within: bool


def differences(path: str, then: bytes, now: bytes | None, tolerance: float) -> list[Difference]:
    """Return where a file made again differs from the released one; none where it has the same bytes.

    Parameters
    ----------
    path : of the released file, which says by its ending what it is. then, now : released, and made again; None: it
        was not made. tolerance : relative difference up to which numbers are the same.
    """
    if now is None:
        return [Difference(path, _kind(path), "the whole file", "released", "not made", float("nan"), False)]
    if PurePosixPath(path).suffix == ".html":
        # Links lead to the pages that stand beside, which a part has not all.
        then, now = bare(then), bare(now)
    if then == now:
        return []
    kind = _kind(path)
    if kind == "figure":
        return [_of_figures(path, PurePosixPath(path).stem, then, now)]
    try:
        old, new = then.decode(), now.decode()
    except UnicodeDecodeError:
        return [Difference(path, kind, "its bytes", *_digests(then, now), float("nan"), False)]
    found = _of_tables if kind == "table" else _of_pages
    return list(found(path, old, new, tolerance))


def _kind(path: str) -> str:
    return {".csv": "table", ".html": "page", ".png": "figure"}.get(PurePosixPath(path).suffix, "file")


def relative(then: str, now: str) -> float:
    """Return the difference of two numbers as they are written, relative to the larger; NaN where one is none."""
    try:
        old, new = float(then.replace(",", "")), float(now.replace(",", ""))
    except ValueError:
        return float("nan")
    return 0.0 if abs(old - new) <= NEAREST else abs(old - new) / max(abs(old), abs(new))


def _of_tables(path: str, then: str, now: str, tolerance: float) -> Iterator[Difference]:
    old, new = (list(csv.reader(io.StringIO(each))) for each in (then, now))
    header = old[0] if old else []
    if old[:1] != new[:1]:
        yield Difference(path, "table", "names of columns", str(header), str(new[:1]), float("nan"), False)
        return
    for number in range(1, max(len(old), len(new))):
        before, after = (rows[number] if number < len(rows) else [] for rows in (old, new))
        if not before or not after:
            where = f"row {number + 1}, which is {'new' if after else 'gone'}"
            yield Difference(path, "table", where, ",".join(before), ",".join(after), float("nan"), False)
            continue
        for column, one, other in zip(header, before, after, strict=False):
            if one != other:
                apart = relative(one, other)
                where = f"row {number + 1} ({before[0]}), column {column}"
                yield Difference(path, "table", where, one, other, apart, apart <= tolerance)


def _of_pages(path: str, then: str, now: str, tolerance: float) -> Iterator[Difference]:
    kind = _kind(path)
    for number, (one, other) in enumerate(zip(PICTURE.findall(then), PICTURE.findall(now), strict=False), 1):
        if one != other:
            yield _of_figures(path, f"picture {number}", *(base64.b64decode(each) for each in (one, other)))
    old, new = (PICTURE.sub("[picture]", each) for each in (then, now))
    numbers_then, numbers_now = list(NUMBER.finditer(old)), list(NUMBER.finditer(new))
    if NUMBER.sub("0", old) == NUMBER.sub("0", new) and len(numbers_then) == len(numbers_now):
        for one, other in zip(numbers_then, numbers_now, strict=True):
            if one[0] != other[0]:
                apart = relative(one[0], other[0])
                where = f"number in “{_around(old, one)}”"
                yield Difference(path, kind, where, one[0], other[0], apart, apart <= tolerance)
        return
    said, says = _sentences(path, old), _sentences(path, new)
    blocks = difflib.SequenceMatcher(None, said, says, autojunk=False).get_opcodes()
    found = [
        Difference(path, kind, "sentence", " ".join(said[a:b]), " ".join(says[c:d]), float("nan"), False)
        for tag, a, b, c, d in blocks
        if tag != "equal"
    ]
    if not found and old != new:
        pairs = enumerate(zip(old, new, strict=False))
        at = next((place for place, (one, other) in pairs if one != other), min(len(old), len(new)))
        cut = slice(max(at - AROUND, 0), at + AROUND)
        found = [Difference(path, kind, f"source, letter {at + 1}", old[cut], new[cut], float("nan"), False)]
    yield from found


def _around(text: str, number: re.Match[str]) -> str:
    """The words around a number, as a page shows them."""
    before = re.sub(r"<[^>]*>?|^[^<]*>", " ", text[max(number.start() - 4 * AROUND, 0) : number.start()])
    after = re.sub(r"<[^>]*>?", " ", text[number.end() : number.end() + 2 * AROUND])
    words = " ".join(html.unescape(before).split())[-AROUND:] + f" {number[0]} "
    return (words + " ".join(html.unescape(after).split())[:AROUND]).strip()


def _sentences(path: str, text: str) -> list[str]:
    """The sentences, cells and lines that a reader sees."""
    if not path.endswith(".html"):
        return text.splitlines()
    found = page_texts.texts(".html", text.encode(), ("", "", "", ""), {})
    return [each for _, _, line in found for each in re.split(r"(?<=[.!?]) ", line)]


def _of_figures(path: str, where: str, then: bytes, now: bytes) -> Difference:
    """Compare two pictures pixel by pixel; `relative` is the share of the pixels that differ."""
    import numpy as np
    from PIL import Image, UnidentifiedImageError

    try:
        old, new = (np.asarray(Image.open(io.BytesIO(each)).convert("RGBA")) for each in (then, now))
    except (UnidentifiedImageError, OSError, SyntaxError):
        where = f"exhibit {where}, which is no picture any more"
        return Difference(path, "figure", where, *_digests(then, now), float("nan"), False)
    if old.shape != new.shape:
        before, after = (f"{each.shape[1]} × {each.shape[0]} pixels" for each in (old, new))
        return Difference(path, "figure", f"exhibit {where}", before, after, float("nan"), False)
    share = float((old != new).any(axis=-1).mean())
    return Difference(path, "figure", f"exhibit {where}, share of pixels", *_digests(then, now), share, share <= PIXELS)


def _digests(then: bytes, now: bytes) -> tuple[str, str]:
    return digest(then), digest(now)
