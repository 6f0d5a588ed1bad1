"""What changed since the baseline: how many findings, in which way, and those that did."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.findings.sentences import area_name, count_words, title, value_words
from analysis.report.contents import prose
from analysis.report.contents.material import Material, marked
from analysis.report.document import Rows, Section

# More are counted, and stand in the table that can be downloaded.
MOST_LISTED = 60
UNCHANGED = "unchanged"
# Kinds of change, those first of which most follows.
BY_WEIGHT = (
    "changed beyond uncertainty",
    "changed (exact figure: no uncertainty is known)",
    "newly known",
    "no longer known",
    "changed within uncertainty",
    "not comparable",
    "new",
    "gone",
)


def chapter(material: Material) -> Section:
    """The chapter on changes."""
    frame = material.frame
    named = frame("chapters", "changes")
    if material.changes is None:
        return Section("changes", named, (prose.paragraph(material, frame("changes", "none")),))
    table = material.changes
    intro = prose.paragraph(material, frame("changes", "intro"))
    changed = table[table["change"] != UNCHANGED]
    if changed.empty:
        return Section(
            "changes", named, (intro, _counts(material, table), prose.paragraph(material, frame("changes", "nothing")))
        )
    listed = _listed(material, changed)
    return Section("changes", named, (intro, _counts(material, table), listed), synthetic=listed.synthetic)


def _counts(material: Material, table: pd.DataFrame) -> Rows:
    frame = material.frame
    counts = table["change"].value_counts()
    kinds = [kind for kind in frame.group("kinds_of_change") if kind in counts.index]
    lines = {
        frame("columns", "change"): [frame("kinds_of_change", kind) for kind in kinds],
        frame("columns", "findings"): [count_words(counts[kind], material.language) for kind in kinds],
    }
    numeric = (frame("columns", "findings"),)
    return Rows("changes-counted", pd.DataFrame(lines), 0, frame("changes", "by_kind"), material.language, numeric)


def _listed(material: Material, changed: pd.DataFrame) -> Rows:
    """The changes, those beyond uncertainty first."""
    frame, language = material.frame, material.language
    order = {kind: at for at, kind in enumerate(BY_WEIGHT)}
    ranked = changed.assign(_at=changed["change"].map(order).fillna(len(order)))
    ranked = ranked.sort_values(["_at", "finding_id"]).head(MOST_LISTED)
    lines, synthetic = [], False
    for row in ranked.to_dict("records"):
        invented = "synthetic" in (row.get("kind_then"), row.get("kind_now"))
        synthetic |= invented
        what = f"{area_name(row['area_id'], language)}{frame('colon')} {title(row, language)}"
        lines.append(
            {
                frame("columns", "what"): marked(what, invented),
                frame("columns", "then"): _value(row, "then", material),
                frame("columns", "now"): _value(row, "now", material),
                frame("columns", "change"): frame("kinds_of_change", row["change"]),
                frame("columns", "number"): _number(row["finding_id"], material),
            }
        )
    note = frame("changes", "many", n=MOST_LISTED) if len(changed) > MOST_LISTED else ""
    return Rows(
        *("changes-listed", pd.DataFrame(lines, dtype=object), 0, frame("changes", "listed"), language),
        note=note,
        synthetic=synthetic,
    )


def _number(finding_id: str, material: Material) -> str:
    there = finding_id in material.context.numbers
    return material.numbered([finding_id]) if there else material.frame("no_value")


def _value(row: Mapping[str, object], when: str, material: Material) -> str:
    """The value then or now, as the measure writes it today."""
    said = {name: row[f"{name}_{when}"] for name in ("status", "value", "low", "high", "interval")}
    if not said["status"]:
        return material.frame("no_value")
    return value_words({**said, "measure": row["measure"]}, material.language)
