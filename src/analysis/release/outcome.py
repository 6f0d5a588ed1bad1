"""Outcome of a release, and how it is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from analysis.batch import account
from analysis.catalog import shown
from analysis.jobs import INDEX, Job, Tables, released

# Rows of a table of breaches or findings that are printed; all breaches stand in a file.
MOST = 20
WHAT_HELPS = (
    "What would help: make the tables again, which protects them with what earlier releases said "
    "(`python -m analysis intake --again`); or keep a table named here out of the next release, by a line "
    '`withhold: ["its name"]` in an entry of the study\'s catalogue.'
)


@dataclass(frozen=True)
class Audit:
    """Result of an attack on the protected tables of a study's persons, with those of earlier releases.

    Parameters
    ----------
    breaches : one row a breach, empty where there is none; see `disclosure.audit`.
    cells, suppressed : cells of all tables, and those whose count is missing.
    releases : how many earlier releases they were held against.
    repeated : cells whose number is that of an earlier release.
    persons : the share of the persons of all tables whose cells have a number in print; missing where none has.
    """

    breaches: pd.DataFrame
    cells: int
    suppressed: int
    releases: int
    repeated: int = 0
    persons: float = float("nan")

    @property
    def passed(self) -> bool:
        return self.breaches.empty


@dataclass(frozen=True)
class Outcome:
    """Outcome of a release.

    Parameters
    ----------
    check : nothing was written: the numbers are what a release would do.
    written, unchanged, removed : files released anew, as they were, and taken away, each with the reason.
    new : those of the files written that did not stand before.
    standing_still : studies of which nothing may be released, and why: what was released of them stands as it is.
    left_out : why notebooks were left out -> which. report_left_out : why the report was; empty where it was not.
    audits : of each study's persons, what an attack could learn.
    found : places in staged files where something stands that identifies a person: path, place, kind.
    entered : releases of persons that are new in the register.
    failed : how many notebooks failed when they were run last.
    seconds : wall time.
    """

    check: bool = False
    written: Sequence[Path] = ()
    new: Sequence[Path] = ()
    unchanged: int = 0
    removed: account.Gone = field(default_factory=dict)
    standing_still: Mapping[str, str] = field(default_factory=dict)
    left_out: Mapping[str, Sequence[Job]] = field(default_factory=dict)
    report_left_out: str = ""
    audits: Mapping[Tables, Audit] = field(default_factory=dict)
    found: pd.DataFrame | None = None
    entered: Sequence[Path] = ()
    failed: int = 0
    seconds: float = 0.0

    @property
    def stopped(self) -> bool:
        """Return True if something was found that identifies a person, so that nothing was released."""
        return self.found is not None and not self.found.empty

    @property
    def ok(self) -> bool:
        return not (self.stopped or self.standing_still or self.failed) and all(
            audit.passed for audit in self.audits.values()
        )

    @property
    def complete(self) -> bool:
        """Return True if all that there is was released, now or before."""
        return self.ok and not (self.report_left_out or any(self.left_out.values()))

    def repeated(self) -> Outcome:
        """Return the outcome of the same release once more: nothing is new."""
        unchanged = self.unchanged + len(self.written)
        return replace(self, written=(), new=(), unchanged=unchanged, removed={}, entered=(), seconds=0.0)

    def __str__(self) -> str:
        lines = [line for tables, audit in self.audits.items() for line in _audited(tables, audit)]
        if self.stopped:
            assert self.found is not None
            lines += [f"Nothing is released: {len(self.found):,} places of staged files identify a person.", ""]
            lines += [_first_rows(self.found), ""]
            lines += ["What would help: see what shows it in its notebook, and keep it internal."]
            return "\n".join(lines)
        lines += [
            f"{study} stands still, and what was released of it stands as it is. {why}"
            for study, why in self.standing_still.items()
        ]
        lines += [f"{why}: {_few([job.name for job in jobs])}" for why, jobs in self.left_out.items()]
        would = "would be " if self.check else ""
        lines += [f"{self.report_left_out}: the report on the pledge"] if self.report_left_out else []
        lines += [f"{would}entered in the register: {shown(path)}" for path in self.entered]
        lines.append(
            f"{len(self.written):,} files {would}released, {self.unchanged:,} unchanged, {len(self.removed):,} {would}"
            f"taken away; {self.seconds:.1f} s."
        )
        missing = [f"{study}, which stands still" for study in self.standing_still]
        without = sum(map(len, self.left_out.values()))
        missing += [f"{without} notebooks that were left out"] if without else []
        missing += ["the report on the pledge"] if self.report_left_out else []
        went = account.announced(self.removed) if self.check else account.gone(self.removed)
        lines += ["", account.new(self.new), *went, account.missing(missing)]
        return "\n".join([*lines, "", f"The report begins at {shown(released(INDEX))}"])


def _audited(tables: Tables, audit: Audit) -> list[str]:
    name = f"{tables.words} of {tables.study}"
    several = "s" if audit.releases > 1 else ""
    against = f", with {audit.releases} earlier release{several}" if audit.releases else ""
    cells = f"{audit.suppressed:,} of {audit.cells:,} cells suppressed"
    cells += f", {audit.repeated:,} repeated" if audit.repeated else ""
    cells += f"; what is in print has {audit.persons:.0%} of the persons of all tables" if audit.persons > 0 else ""
    if audit.passed:
        return [f"audited: {name}: {cells}{against}; no breach."]
    return [
        f"Nothing of the {name} is released: {len(audit.breaches):,} breaches ({cells}{against}).",
        "",
        _first_rows(audit.breaches),
        "",
        WHAT_HELPS,
        "",
    ]


def _first_rows(table: pd.DataFrame) -> str:
    rows = table.head(MOST).to_string(index=False, max_colwidth=90)
    return rows + (f"\nand {len(table) - MOST:,} more" if len(table) > MOST else "")


def _few(names: Sequence[str]) -> str:
    first = account.few(names)
    return f"{len(names)} notebooks ({first})" if len(names) > 1 else first
