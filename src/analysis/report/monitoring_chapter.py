"""The chapter on monitoring: how each recommendation is followed, and on the site each action of a place too."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd

from analysis.findings.measures import area_name, capital, period_words
from analysis.recommendations import monitoring_frame
from analysis.recommendations.monitoring_frame import ACTION, RECOMMENDATION, FrameRow
from analysis.recommendations.targets import indicator
from analysis.report import typeset
from analysis.report.references import in_language
from analysis.report.writer import Writer


def chapter(writer: Writer, table: pd.DataFrame, studies: Sequence[str], download: str) -> str:
    """The monitoring frame of the studies of an edition, as Markdown: a table a study, of actions another.

    In print the actions of places are left out, and the text says so.

    Parameters
    ----------
    table : of findings. studies : of the edition. download : name of the CSV file that has all rows.
    """
    words = writer.words
    rows = monitoring_frame.rows(writer.texts, table)
    frame = [each for each in rows if each.type == ACTION or each.row_id in writer.recommended]
    letters: dict[str, str] = {}
    # In print it is a part of the chapter on recommendations, and begins no page.
    level = "##" if writer.site else "###"
    tables = []
    for study in studies:
        there = [each for each in frame if each.study == study and each.type == RECOMMENDATION]
        if cells := [_on_site(writer, each) if writer.site else _in_print(writer, each, letters) for each in there]:
            tables += [f"{level} {typeset.escaped(words('studies', study))}", typeset.table(pd.DataFrame(cells))]
        actions = [_on_site(writer, each) for each in frame if each.study == study and each.type == ACTION]
        if writer.site and actions:
            heading = words("monitoring", "actions", study=words("studies", study))
            tables += [f"{level} {typeset.escaped(heading)}", typeset.table(pd.DataFrame(actions))]
    note = typeset.escaped(words("monitoring", "note"))
    if writer.site:
        file = f"{typeset.escaped(words('monitoring', 'download'))} [{download}](../downloads/{download})"
        return "\n\n".join([note, file, *tables])
    legend = f"{words('semicolon')} ".join(f"{letter}{words('colon')} {said}" for said, letter in letters.items())
    more = (words("monitoring", "letters", letters=legend), words("monitoring", "on_site", file=download))
    return "\n\n".join([" ".join([note, *map(typeset.escaped, more)]), *tables])


def _on_site(writer: Writer, each: FrameRow) -> dict[str, str]:
    """A row in full; of an action its place and the gap that it closes are named by its indicator."""
    language, head = writer.language, writer.words.said["monitoring"]
    shown = f"#recommendation-{each.row_id}" if each.type == RECOMMENDATION else f"#area-{each.area_ids[0]}"
    what = each.what(language) if each.type == RECOMMENDATION else area_name(each.area_ids[0], language)
    return {
        writer.words("columns", "number"): typeset.link(each.row_id, shown),
        head["what"]: typeset.escaped(capital(what, language)),
        head["indicator"]: f"{writer.words('semicolon')} ".join(_indicators(writer, each)),
        head["baseline"]: typeset.escaped(_baseline(each, language)),
        head["target"]: typeset.escaped(each.target(language) if each.condition else head["as_advised"]),
        head["next_reading"]: typeset.escaped(each.next_reading(language, partial(in_language, language=language))),
    }


def _in_print(writer: Writer, each: FrameRow, letters: dict[str, str]) -> dict[str, str]:
    """A row in few words: its text is a page away, and a letter stands for who publishes the next reading."""
    language, head = writer.language, writer.words.said["monitoring"]
    found, unknown = each.readings(language, partial(in_language, language=language))
    for said in (*found, *unknown):
        letters.setdefault(said, chr(ord("A") + len(letters)))
    next_ = [*(letters[said] for said in found), *(f"({letters[said]})" for said in unknown)]
    return {
        writer.words("columns", "number"): typeset.link(each.row_id, f"#recommendation-{each.row_id}"),
        head["indicator"]: f"{writer.words('semicolon')} ".join(_indicators(writer, each)),
        head["baseline"]: typeset.escaped(_baseline(each, language)),
        head["target"]: typeset.escaped(each.target(language, named=False) if each.condition else head["as_advised"]),
        head["next_reading"]: typeset.escaped(" ".join(next_)),
    }


def _baseline(each: FrameRow, language: str) -> str:
    """The baseline with its period; values of several indicators stand in the order in which these are named."""
    said = each.baseline(language, named=False)
    return f"{said} ({period_words(each.period, language)})" if each.period else said


def _indicators(writer: Writer, each: FrameRow) -> list[str]:
    """The indicators of a row, each once, on the site with a link to the first of its findings."""
    found: dict[str, str] = {}
    for row in each.asked.values():
        words = indicator(row, writer.language)
        found.setdefault(words, typeset.link(words, writer.target(row) if writer.site else ""))
    return list(found.values())
