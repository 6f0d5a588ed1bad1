"""What a notebook states: its findings as a table for readers, and as rows for the batch."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass

from analysis.findings.finding import Finding, as_table
from analysis.findings.sentences import area_name, sentence

# Type of the notebook output that holds findings, for programs.
FINDINGS = "application/vnd.analysis.findings+json"
# More are folded.
LONGEST_OPEN = 12


@dataclass(frozen=True)
class Recorded:
    """The findings of one notebook; its cell before the limits shows them."""

    rows: tuple[dict[str, object], ...]

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, object], dict[str, object]]:
        gate = "public" if all(row["gate"] == "public" for row in self.rows) else "protected"
        data: dict[str, object] = {
            "text/html": _table(self.rows),
            "text/plain": "\n".join(str(row["finding_id"]) for row in self.rows),
            FINDINGS: {"findings": [_plain(row) for row in self.rows]},
        }
        return data, {"text/html": {"gate": gate}}


def record(findings: Iterable[Finding]) -> Recorded:
    """State findings: the batch collects them, and the report cites them by their ids.

    Raises FindingError if two have one id.
    """
    rows = tuple(finding.row() for finding in findings)
    as_table(list(rows))
    return Recorded(tuple(sorted(rows, key=lambda row: str(row["finding_id"]))))


def _plain(row: dict[str, object]) -> dict[str, object]:
    """A row as JSON has it: infinity is a text."""
    return {name: "inf" if value == float("inf") else value for name, value in row.items()}


def _table(rows: tuple[dict[str, object], ...]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Statement", "n", "Method", "Does not show", "Finding"))
    body = "".join(
        "<tr>"
        + "".join(
            f"<td>{html.escape(str(value))}</td>"
            for value in (
                ("SYNTHETIC: " if row["kind"] == "synthetic" else "") + sentence(row),
                "–" if row["n"] is None else f"{row['n']:,}",
                row["method"],
                row["limits"],
                row["finding_id"],
            )
        )
        + "</tr>"
        for row in rows
    )
    # What follows from invented persons alone says so at its head, too.
    invented = "SYNTHETIC · " if rows and all(row["kind"] == "synthetic" for row in rows) else ""
    place = html.escape(area_name(str(rows[0]["area_id"]))) if rows else "None"
    caption = f"{invented}{place}: findings that the report can cite"
    printed = f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    if len(rows) > LONGEST_OPEN:
        printed = f"<details><summary>{caption}: table of {len(rows)} rows</summary>{printed}</details>"
    return f'<div class="exhibit">{printed}</div>'
