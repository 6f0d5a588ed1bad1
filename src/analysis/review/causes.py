"""Causes of what changed in what is published: inputs that differ between two states of the project, exchanged and run.

What a notebook publishes follows from what its provenance names. Briefs, report and index show what notebooks state:
their changes have the causes of the numbers that they show.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from analysis.batch.products import metadata
from analysis.indicators import DECLARATIONS
from analysis.jobs import ANALYSES, FROM_FINDINGS, SYNTHETIC
from analysis.review import trees
from analysis.review.attribution import FAILED, NOT_ATTRIBUTED, ONLY, Cause, Changed, attribute
from analysis.review.differences import BETWEEN, values
from analysis.review.inputs import EARLIER_RELEASE, LIST_VERSION, LOCK, Input, datasets, differing
from analysis.review.parts import CATALOGUE, CELL, FUNCTION, LIBRARY, PARAMETER, ROW, TEXT
from analysis.review.published import FILE, published

COLUMNS = ("change", "cause", "how", "words")
INPUT_COLUMNS = ("id", "kind", "name", "file", "old", "new", "old_line", "new_line", "diff", "words")
SHOWN, WORDS_OF = "through the number that it shows", "through the words that it shows"
HELD = "through what stands in it"
_UNKNOWN = "It shows nothing of which the cause is known."
_TEXTS = "src/analysis/texts/en.yml"
_NUMBER = re.compile(r"\d(?:[\d.,\u00a0\u202f ]*\d)?")
_WORD = re.compile(r"\w{3,}")


def explained(
    old: Path,
    new: Path,
    changes: pd.DataFrame,
    minutes: float = 10.0,
    progress: Callable[[], object] = lambda: None,
    python: Path | None = None,
    at: Path | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the causes of changes, and the inputs that differ.

    Parameters
    ----------
    old, new : project folders with inputs and outputs; those of the old may be outputs of the new that were linked.
    changes : of `differences.differences`. minutes : after which what is left counts as not attributed.
    progress : called after each run. python : of an environment with the libraries of the old state, if there is one.
    at : where copies are made; below ``.cache/review`` if not given.

    Returns
    -------
    COLUMNS, one row a change and cause, ``cause`` empty where it was not attributed; and INPUT_COLUMNS.
    """
    deadline = time.monotonic() + minutes * 60
    inputs = {entry.id: entry for entry in differing(old, new)}
    alone = [entry for entry in inputs.values() if entry.alone]
    rows = changes.to_dict("records")
    jobs = {str(row["id"]): job for row in rows if (job := job_of(row))}
    reach = _Reach(old, new, alone)
    direct = [
        Changed(name, "old", "new", _likely_first(reach.of(job), inputs, job))
        for name, job in jobs.items()
        if job.rpartition("/")[2] not in FROM_FINDINGS
    ]
    libraries = frozenset(entry.id for entry in alone if entry.kind == LIBRARY)
    python, place = python or _python_of(old), at or trees.HERE / "exchanged"

    def evaluate(chosen: frozenset[str], ids: Sequence[str]) -> Mapping[str, object]:
        wanted = sorted({jobs[each] for each in ids})
        seeded = old if reach.old_was_run else new
        tree = trees.hybrid(old, new, [inputs[each] for each in chosen], place, seeded)
        failed = _run(tree, wanted, python if python and not chosen & libraries else None)
        state = published(tree, jobs=wanted)
        known = {name for name, job in jobs.items() if job in wanted}
        found = values(changes[changes["id"].isin(known)], state)
        return {name: FAILED if jobs[name] in failed else found.get(name, "") for name in known}

    always = frozenset() if python else libraries
    causes = attribute(direct, evaluate, deadline, progress, always)
    shutil.rmtree(place, ignore_errors=True)
    rest = [row for row in rows if str(row["id"]) not in {each.id for each in direct}]
    causes += list(derived(rest, rows, causes, alone))
    told = [row for each in causes for row in _as_rows(each, inputs, bool(always))]
    listed = [asdict(entry) | {"words": in_words(entry, inputs.values())} for entry in inputs.values()]
    return pd.DataFrame(told, columns=list(COLUMNS)), pd.DataFrame(listed, columns=list(INPUT_COLUMNS))


def job_of(change: Mapping[str, object]) -> str:
    """Return the job whose notebook publishes a change; empty for report, briefs and index."""
    analysis = str(change["analysis"])
    if analysis not in ANALYSES:
        return ""
    folders = str(change["path"]).split("/")
    if len(folders) == 4:
        return f"{folders[1]}/{folders[2]}/{analysis}"
    return f"{change['study']}/{change['area_id']}/{analysis}"


def executed(tree: Path, job: str) -> Path:
    """Return the executed notebook of a job in a project folder."""
    study, area_id, analysis = job.split("/")
    folder = tree / trees.PROCESSED / "runs" / study / area_id
    synthetic = folder / f"{analysis}{SYNTHETIC}.ipynb"
    return synthetic if synthetic.exists() else folder / f"{analysis}.ipynb"


def _run(tree: Path, jobs: Iterable[str], python: Path | None) -> set[str]:
    """Run what is stale; returns the jobs that failed."""
    wanted = sorted(jobs)
    try:
        trees.run(tree, wanted, python)
    except trees.RunFailed:
        failed = set()
        for options in trees.chosen(wanted):
            said = trees.command(tree, "status", "--each", *options, python=python).stdout
            fresh = {line.split()[1].rstrip(":") for line in said.splitlines() if line.startswith("fresh ")}
            failed |= {job for job in wanted if job not in fresh}
        return failed
    return set()


def _python_of(tree: Path) -> Path | None:
    """The Python of the environment that stands in a tree of its own."""
    found = tree / ".venv" / "bin" / "python"
    return found if found.exists() and not (tree / ".venv").is_symlink() else None


class _Reach:
    """Which inputs can reach the outputs of a job, by the provenance of its run in both states."""

    def __init__(self, old: Path, new: Path, inputs: Sequence[Input]) -> None:
        self.old, self.new, self.inputs = old, new, inputs
        self.listed = datasets(old, new)
        self.known: dict[str, tuple[str, ...]] = {}
        # Of what was linked nothing is known on how it was then.
        self.old_was_run = any(
            not path.samefile(other)
            for path in (old / trees.PROCESSED / "runs").rglob("*.ipynb")
            if (other := new / path.relative_to(old)).exists()
        )

    def of(self, job: str) -> tuple[str, ...]:
        """Return the ids of the inputs that can reach a job."""
        if job not in self.known:
            then, now = (metadata(executed(tree, job)).get("made_from", {}) for tree in (self.old, self.new))
            self.known[job] = tuple(each.id for each in self.inputs if self._reaches(each, job, then, now))
        return self.known[job]

    def _reaches(self, entry: Input, job: str, then: Mapping, now: Mapping) -> bool:
        file = entry.file
        kinds = ("library", "notebook", "pledge")
        named = {name for side in (then, now) for kind in kinds for name in side.get(kind, {})}
        if file == LOCK:
            return True
        if file == _TEXTS:
            begin = f"{_TEXTS}: analysis."
            modules = [name.removeprefix(begin) for name in named if name.startswith(begin)]
            return any(f"{entry.name}.".startswith(f"{each}.") for each in modules)
        if file == "notebooks/analyses.csv":
            return then.get("analysis") != now.get("analysis")
        if file.startswith("data/raw/"):
            return self._data_reach(entry, job, then, now)
        if entry.kind == EARLIER_RELEASE:
            return bool(now.get("persons") or then.get("persons"))
        return file in named

    def _data_reach(self, entry: Input, job: str, then: Mapping, now: Mapping) -> bool:
        if entry.kind == LIST_VERSION:
            studies = {each.get("study") for _, each in self.listed.get(entry.file, [])}
            of_persons = bool(now.get("persons") or then.get("persons"))
            return of_persons and (not studies or job.split("/")[0] in studies)
        if entry.kind == CATALOGUE:
            return any(entry.name in side.get("inputs", {}) for side in (then, now))
        for name, each in self.listed.get(entry.file, []):
            if each.get("schema") in DECLARATIONS and then.get("study") != now.get("study"):
                return True
            # Among inputs is what was read as a whole and by rows.
            if any(name in side.get("inputs", {}) for side in (then, now)):
                return self._by_answers(name, then, now)
        return False

    def _by_answers(self, name: str, then: Mapping, now: Mapping) -> bool:
        """Return True if an answer differs that follows from what was read by questions alone."""
        digests = [side.get("inputs", {}).get(name) for side in (then, now)]
        whole = any(name in side.get("inputs", {}) and name not in side.get("by_rows", {}) for side in (then, now))
        if whole or "answers" not in then or "answers" not in now or not self.old_was_run:
            return True
        asked = {
            question
            for side in (then, now)
            for question, names in side.get("behind", {}).items()
            if name in names.split(";")
        }
        differ = any(then["answers"].get(each) != now["answers"].get(each) for each in asked)
        return differ or digests[0] != digests[1]


def _likely_first(ids: Sequence[str], inputs: Mapping[str, Input], job: str) -> tuple[str, ...]:
    """Ids with those first that name the area, and rows before code: a search begins with them."""
    area_id = job.split("/")[1]
    return tuple(sorted(ids, key=lambda each: (inputs[each].kind != ROW, area_id not in inputs[each].new[:200])))


# Report, briefs and index


def derived(
    rest: Sequence[Mapping], every: Sequence[Mapping], causes: Sequence[Cause], alone: Sequence[Input]
) -> Iterator[Cause]:
    """Attribute what shows what notebooks state, by the numbers and words that it shows otherwise.

    Parameters
    ----------
    rest : changes of no notebook, or of one that reads findings. every : all changes. causes : of the others.
    alone : inputs that differ and can have an effect by themselves.
    """
    by_change = {each.change: each.inputs for each in causes if each.inputs}
    shown: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    of_area: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for row in every:
        if inputs := by_change.get(str(row["id"])):
            of_area[str(row["area_id"])].add(inputs)
            for name in ("value", "low", "high"):
                for pair in _as_printed(row[f"old_{name}"], row[f"new_{name}"]):
                    shown[pair][str(row["area_id"])].update(inputs)
    all_of_them = {inputs for found in of_area.values() for inputs in found}
    found = []
    for row in rest:
        matched = _through_numbers(row, shown)
        texts = [] if matched else _same_words(row, alone)
        behind = of_area.get(str(row["area_id"])) or all_of_them
        if len(alone) == 1:
            inputs, how, words = (alone[0].id,), ONLY, "Nothing else differs."
        elif matched:
            inputs, how, words = tuple(matched), SHOWN, "It shows a number that changed by this."
        elif texts:
            inputs, how, words = tuple(texts), WORDS_OF, "It shows words that changed there."
        elif len(behind) == 1 and not _of_reports(alone):
            inputs, how, words = next(iter(behind)), ONLY, "What it is made of changed by nothing else."
        else:
            several = len({each for inputs in behind for each in inputs})
            words = f"It follows from findings that changed by {several} inputs." if several else _UNKNOWN
            inputs, how = (), NOT_ATTRIBUTED
        found.append(Cause(str(row["id"]), inputs, how, words))
    by_change |= {each.change: each.inputs for each in found if each.inputs}
    in_file: dict[str, set[str]] = defaultdict(set)
    for row in every:
        for place in str(row["places"]).split(BETWEEN):
            in_file[place].update(by_change.get(str(row["id"]), ()))
    for row, cause in zip(rest, found, strict=True):
        if cause.inputs or row["kind"] != FILE:
            yield cause
        elif held := in_file[str(row["path"])]:
            yield Cause(cause.change, tuple(sorted(held)), HELD, "It holds what changed by this.")
        else:
            yield Cause(cause.change, (), NOT_ATTRIBUTED, _UNKNOWN)


def _through_numbers(row: Mapping, shown: Mapping[tuple[str, str], Mapping[str, set[str]]]) -> list[str]:
    """Inputs by which a number changed that a text has otherwise in the same way."""
    area_id = str(row["area_id"])
    gone, came = (_numbers(row[f"{side}_value"]) for side in ("old", "new"))
    return sorted(
        {
            cause
            for one in gone - came
            for other in came - gone
            for place, found in shown.get((one, other), {}).items()
            if not area_id or place == area_id
            for cause in found
        }
    )


def _of_reports(alone: Sequence[Input]) -> list[Input]:
    places = ("pledge/", "src/analysis/report/", "src/analysis/templating/")
    return [each for each in alone if each.file.startswith(places)]


def _same_words(row: Mapping, alone: Sequence[Input]) -> list[str]:
    """Texts whose new words, or whose old ones, are those of a change."""
    then, now = ({*_WORD.findall(str(row[f"{side}_value"]))} for side in ("old", "new"))
    found = []
    for each in alone:
        if each.kind in (TEXT, CATALOGUE, ROW) or each.file.startswith("pledge/"):
            before, after = ({*_WORD.findall(side)} for side in (each.old, each.new))
            came, gone = (now - then) & (after - before), (then - now) & (before - after)
            if came | gone and len(came | gone) * 2 >= len(now ^ then):
                found.append(each.id)
    return found


def _as_printed(old: object, new: object) -> Iterator[tuple[str, str]]:
    """Both numbers in digits, in full and as a text rounds them; a single digit says nothing of where it is from."""
    yield from ([(one, two)] if (one := _digits(old)) != (two := _digits(new)) and one and two else [])
    with contextlib.suppress(ValueError):
        then, now = float(str(old)), float(str(new))
        for places in (2, 1, 0):
            one, two = (_digits(f"{each:.{places}f}") for each in (then, now))
            if one != two and min(len(one), len(two)) > 1:
                yield one, two


def _numbers(text: object) -> set[str]:
    return {_digits(each) for each in _NUMBER.findall(str(text))}


def _digits(number: object) -> str:
    """The digits of a number in a text: separators differ by language, and a zero behind the point says nothing."""
    text = str(number)
    return "" if text in ("nan", "") else re.sub(r"\D", "", re.sub(r"\.0$", "", text))


# In words


def _as_rows(cause: Cause, inputs: Mapping[str, Input], unswitched: bool) -> list[dict[str, str]]:
    if not cause.inputs:
        return [{"change": cause.change, "cause": "", "how": cause.how, "words": cause.words}]
    told = []
    for each in cause.inputs:
        words = in_words(inputs[each], inputs.values())
        if inputs[each].kind == LIBRARY and unswitched:
            words += "; could not be switched: no environment with the old version"
        told.append({"change": cause.change, "cause": each, "how": cause.how, "words": words})
    return told


def in_words(entry: Input, every: Iterable[Input] = ()) -> str:
    """Return an input as a reader is told of it; of a function with those that are new with it."""
    file = entry.file.rpartition("/")[2]
    lines = " → ".join(str(line) for line in dict.fromkeys((entry.old_line, entry.new_line)) if line)
    if entry.kind == ROW:
        said = entry.diff.splitlines()[0] if entry.diff else ""
        return f"row of {file}, line {lines}: {said}"
    if entry.kind == LIBRARY:
        return f"library {entry.name}"
    if entry.kind in (LIST_VERSION, EARLIER_RELEASE):
        return f"{entry.kind} {file}" + (f": {entry.diff}" if entry.diff else "")
    if entry.kind in (CELL, PARAMETER):
        return f"{entry.kind} of {file}, {entry.name}" + _values(entry)
    if entry.kind == FUNCTION:
        names = [each.name for each in every if not each.alone and each.kind == FUNCTION and each.old != each.new]
        called = [name for name in names if re.search(rf"\b{re.escape(name)}\b", entry.new or entry.old)]
        also = f", with {', '.join(dict.fromkeys(called))}" if called else ""
        return f"function {entry.name} of {entry.file}, line {lines}{also}"
    return f"{entry.kind} {entry.name}" + (f" of {file}" if entry.name != entry.file else "")


def _values(entry: Input) -> str:
    """Return what a parameter was and is: the lines that differ."""
    gone, came = ([line[1:].strip() for line in entry.diff.splitlines() if line.startswith(sign)] for sign in "-+")
    return f": {' '.join(gone)} → {' '.join(came)}" if entry.kind == PARAMETER else ""
