"""The demonstration of methods on synthetic data: a document of its own, whose every page says SYNTHETIC."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from analysis import areas
from analysis.findings.measures import sentence
from analysis.report import markdown, templating
from analysis.report.typeset import Paper
from analysis.report.writer import Figures


def paper(tables: Mapping[str, pd.DataFrame], shown: Figures) -> Paper:
    """The demonstration as a text to be set.

    Parameters
    ----------
    tables : findings of each synthetic study, by its name. shown : figures of notebooks.
    """
    said = templating.said("demonstration.yml")
    pictures: dict[str, bytes] = {}
    chapters = [line for study, table in tables.items() for line in _chapter(study, table, shown, said, pictures)]
    return Paper(
        title=said["title"],
        language="en",
        markdown="\n\n".join(chapters),
        pictures=pictures,
        subtitle=said["subtitle"],
        synthetic=True,
    )


def _chapter(
    study: str, table: pd.DataFrame, shown: Figures, said: Mapping[str, Any], pictures: dict[str, bytes]
) -> Iterator[str]:
    """A study: how much of it is known, then each question with its statements and its figures."""
    counts = table["status"].value_counts()
    yield f"# {markdown.escaped(areas.STUDIES[study].title)} {{#{study}}}"
    numbers = {"n": len(table), "known": counts.get("known", 0), "suppressed": counts.get("withheld", 0)}
    yield markdown.escaped(said["opening"].format(**numbers))
    whole = table[table["area_id"].eq(study) & table["status"].eq("known")]
    for question in said["questions"]:
        rows = [row for name in question["measures"] for row in whole[_is_named(whole, name)].to_dict("records")]
        figures = [_figure(study, analysis, stem, shown, pictures, said) for analysis, stem in question["figures"]]
        if rows or any(figures):
            yield f"## {markdown.escaped(question['heading'])}"
            yield "\n".join(f"- SYNTHETIC\\. {markdown.escaped(sentence(row))}" for row in rows)
            yield from filter(None, figures)


def _figure(
    study: str, analysis: str, stem: str, shown: Figures, pictures: dict[str, bytes], said: Mapping[str, Any]
) -> str:
    found = shown(analysis, study, stem)
    if found is None:
        return ""
    name = f"{study}-{analysis}-{stem}".lower().replace("_", "-")
    pictures[name] = found.png
    wide, high = found.pixels
    caption = f"**{said['figure']} {len(pictures)}.** {markdown.escaped(found.alt.partition('. ')[0])}"
    width = min(100, round(90 * wide / high))
    return markdown.picture(f"{name}.png", caption, " ".join(found.alt.split()), found.pixels, width)


def _is_named(table: pd.DataFrame, name: str) -> pd.Series:
    """Whether findings are of a measure, or of the item of it that a name says."""
    measure, _, item = name.partition(".")
    found = table["measure"].eq(measure)
    return found & table["item"].str.startswith(item) if item else found
