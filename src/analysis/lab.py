"""First page of JupyterLab: it leads to a person's own copies of notebooks, to results, and to pages.

The notebook ``welcome`` calls it. Templates stay as they are in version control: what a person runs is saved in a copy
of their own, ``data/processed/lab``, for its owner alone.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import nbformat

from analysis import areas, catalog
from analysis.areas import Area
from analysis.batch import report
from analysis.batch.execute import TAG
from analysis.batch.products import LAB, sign
from analysis.batch.status import State, states
from analysis.catalog import ROOT, shown
from analysis.file_writing import write_whole
from analysis.findings import collected
from analysis.jobs import ALL, ANALYSES, INDEX, Job, analyses_of, plan, released, tables_of
from bounded.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from IPython.display import Markdown

TEMPLATES, COPIES = ROOT / "notebooks", ROOT / "data" / "processed" / "lab"
# Notebooks of which a person can have a copy besides the analyses.
EXPLORE, WELCOME = "explore", "welcome"
PARAMETERS = (
    "## Parameters\n\nThis is your own copy, set to one area. To look at another, change `area` in the next cell, and "
    "choose *Run* → *Run All Cells*."
)


def write_copies() -> None:
    """Write the notebooks that a person opens first: of each study its explorer, and the welcome that leads to them."""
    for study in areas.STUDIES:
        _copy_for(Job(EXPLORE, study, study))
    welcome = nbformat.read(TEMPLATES / f"{WELCOME}.ipynb", as_version=4)
    area, analysis = (_parameter(welcome, name) for name in ("area", "analysis"))
    shown_first = {
        "lab.copy(analysis, area)": lambda: copy(analysis, area, COPIES),
        "lab.analyses(area)": lambda: analyses(area, COPIES),
        "lab.studies()": lambda: studies(COPIES),
        "lab.results()": results,
    }
    for cell in welcome.cells:
        for call, made in shown_first.items():
            if cell.source.endswith(call):
                cell.outputs = [nbformat.v4.new_output("display_data", {"text/markdown": made().data})]
    _write_copy(COPIES / "Welcome.ipynb", welcome)


def copy(analysis: str, area: str, folder: Path | None = None) -> Markdown:
    """Write a person's own copy of the notebook of an analysis, set to an area, and return a link to it.

    A copy that was saved is never written over: a second call leads to it as it is.

    Parameters
    ----------
    analysis : the name of an analysis (``incidence``, ``trends``), or ``explore``.
    area : the id of an area or a study.
    folder : where the notebook lies from which the link leads; left out, the one that its kernel works in.

    Raises
    ------
    UnknownArea : there is no such area; the message lists the nearest.
    Refusal : ``unknown_analysis``; the message has the nearest names, and those that the area has.
    NotPlanned : there is such an analysis, but not of this area; the message says why.
    """
    from IPython.display import Markdown

    with _shown_as_sentence():
        place = areas.get(area)
        job = _job(analysis, place)
    return Markdown(
        f"{_link(_title(analysis, place), _copy_for(job), folder)} is your own copy of `{shown(job.template)}`, set to "
        f"`{place.area_id}`. Open it, then choose *Run* → *Run All Cells*. Once you have saved it, it is never "
        "written over."
    )


@contextmanager
def _shown_as_sentence() -> Iterator[None]:
    """Have a notebook show a refusal as its sentence alone: a mistyped name is no fault of the program's lines."""
    try:
        yield
    except Refusal as error:
        sentence = str(error)
        # IPython asks an error how it is to be shown.
        error._render_traceback_ = lambda: [sentence]  # type: ignore[attr-defined]
        raise


def _title(analysis: str, place: Area) -> str:
    title = "Explorer" if analysis == EXPLORE else ALL[analysis].title
    return f"{title}: {_plain(place.name)}"


def _job(analysis: str, place: Area) -> Job:
    """An analysis that there is of an area."""
    known = (*ANALYSES, EXPLORE)
    own = ", ".join([*analyses_of(place.study, place.area_id), EXPLORE])
    if analysis not in known:
        near = get_close_matches(str(analysis), known, cutoff=areas.LIKE)
        meant = f" The nearest: {', '.join(near)}." if near else ""
        raise Refusal("unknown_analysis", f"There is no analysis '{analysis}'.{meant} Those of {place.name} are {own}.")
    if analysis == EXPLORE:
        return Job(EXPLORE, place.study, place.area_id)
    jobs = plan(area_ids=[place.area_id], analyses=[analysis])
    if not jobs:
        raise Refusal("not_of_area", f"There is no {analysis} of {place.name}. Those that it has are {own}.")
    return jobs[0]


def _copy_path(job: Job) -> Path:
    """The path of a notebook's copy for an area: in the study's folder, which `erasure.forget` removes."""
    if job == Job(EXPLORE, job.study, job.study):
        return COPIES / f"{job.study}.ipynb"
    return COPIES / job.study / f"{job.stem}_{job.area_id}.ipynb"


def _copy_for(job: Job) -> Path:
    """The copy of a notebook for an area, which is written where there is none."""
    notebook = nbformat.read(TEMPLATES / job.template.name, as_version=4)
    for number, cell in enumerate(notebook.cells):
        if TAG in cell.metadata.get("tags", []):
            [(name, value)] = job.parameters.items()
            cell.source = re.sub(rf"^{name} = .*$", f'{name} = "{value}"', cell.source, flags=re.MULTILINE)
            # JupyterLab shows no tags, and a copy is never published: a heading says where the parameters are.
            notebook.cells.insert(number, nbformat.v4.new_markdown_cell(PARAMETERS, id="parameters-of-the-copy"))
            break
    _write_copy(_copy_path(job), notebook)
    return _copy_path(job)


def _parameter(notebook: nbformat.NotebookNode, name: str) -> str:
    """The value that a notebook's cell of parameters gives a name; "" where it gives none."""
    sources = "\n".join(cell.source for cell in notebook.cells if TAG in cell.metadata.get("tags", []))
    found = re.search(rf'^{name} = "(.*)"$', sources, flags=re.MULTILINE)
    return found[1] if found else ""


def _write_copy(path: Path, notebook: nbformat.NotebookNode) -> None:
    """Write a copy where there is none, or a newer one in place of one in which a person has saved nothing."""
    made, saved = LAB / "copies" / path.relative_to(COPIES), _cells(path)
    if path.exists() and (saved != _cells(made) or saved == _sources_and_outputs(notebook)):
        return
    COPIES.mkdir(mode=0o700, parents=True, exist_ok=True)
    content = nbformat.writes(notebook).encode()
    for place in (made, path):
        write_whole(place, content, private=True)
    sign(content)


def _cells(path: Path) -> object:
    """The content of the cells of a file; the path where there is none, or no notebook."""
    try:
        return _sources_and_outputs(nbformat.read(path, as_version=4))
    except (OSError, ValueError):
        return path


def _sources_and_outputs(notebook: nbformat.NotebookNode) -> object:
    """Sources and outputs, without the metadata that JupyterLab changes of a notebook that is only opened."""
    return [(cell.cell_type, cell.source, cell.get("outputs")) for cell in notebook.cells]


def analyses(area: str, folder: Path | None = None) -> Markdown:
    """A row for each analysis of an area, with links: a person's own copy, the executed notebook, and the pages.

    Copies are written where there are none.

    Parameters
    ----------
    area, folder : as in `copy`.
    """
    from IPython.display import Markdown

    with _shown_as_sentence():
        place = areas.get(area)
    jobs = plan(area_ids=[place.area_id])
    header = ("Your own copy", "Executed notebook, internal", "Page that waits for a release", "Released page")
    lines = _table(header, [_row(job, place, folder) for job in jobs])
    if not any(job.executed.exists() for job in jobs):
        lines += (
            f"\nNothing has been run for {_plain(place.name)} yet: `python -m analysis run --area {place.area_id}` "
        )
        lines += "makes executed notebooks and pages."
    return Markdown(lines)


def _row(job: Job, place: Area, folder: Path | None) -> list[str]:
    executed = [("open", job.executed), ("failed", job.failed)]
    return [
        _link(_title(job.analysis, place), _copy_for(job), folder),
        ", ".join(_link(word, path, folder) for word, path in executed if path.exists()) or "none",
        *(_page(page) if page.exists() else "none" for page in (job.page, released(job.page))),
    ]


def studies(folder: Path | None = None) -> Markdown:
    """A row for each study: its areas, of what kinds its data are, what is up to date, and what has been released.

    Parameters
    ----------
    folder : as in `copy`.
    """
    from IPython.display import Markdown

    found = states(plan())
    header = ("Explorer of the study", "Areas", "Data", "Notebooks up to date", "Pages released")
    rows = [_study(name, [state for state in found if state.job.study == name], folder) for name in areas.STUDIES]
    return Markdown(_table(header, rows))


def _study(name: str, found: list[State], folder: Path | None) -> list[str]:
    explorer, words = _copy_path(Job(EXPLORE, name, name)), _plain(areas.get(name).name)
    own = [("counts", catalog.figures_kind(name)), *((tables.words, tables.kind) for tables in tables_of(name))]
    # What is public besides needs no word of its own.
    kept = [f"{what} ({kind.upper()})" for what, kind in own if kind not in ("", "public")]
    return [
        _link(words, explorer, folder) if explorer.exists() else words,
        ", ".join(f"{count} ({level})" for level, count in Counter(areas.load(name)["level"]).items()),
        "; ".join(["public evidence", *kept]),
        f"{sum(state.name == 'fresh' for state in found)} of {len(found)}",
        str(_pages(ROOT / "reports" / name) or "none yet"),
    ]


def results() -> Markdown:
    """Return where results lie, how many there are, and what makes those that there are not; pages have a link."""
    from IPython.display import Markdown

    runs, processed = ROOT / "data" / "processed" / "runs", ROOT / "data" / "processed"
    executed = [path for path in runs.rglob("*.ipynb") if not path.name.startswith(".")]
    failed = sum(path.name.endswith(".failed.ipynb") for path in executed)
    pages, the_report = released(INDEX).parent, report.folder()
    lines = [
        _line("Executed notebooks, internal", runs, len(executed) - failed, "run"),
        *([f"- **{failed} notebooks failed**: `status` says why"] * bool(failed)),
        _line("Findings, internal", processed, sum(bool(collected.said(study)) for study in areas.STUDIES), "run"),
        _line("Pages that wait for a release", INDEX.parent, _pages(INDEX.parent), "run"),
        _line("The report that waits for a release", the_report, _pages(the_report), "run"),
        _line("Released pages", pages, _pages(pages), "release"),
        _line("Released figures", ROOT / "figures", _pages(ROOT / "figures", "*/**/*.png"), "release"),
    ]
    return Markdown("\n".join(lines))


def _line(what: str, place: Path, count: int, command: str) -> str:
    """A line on what lies in a folder; one that has a first page leads to it."""
    first = place / INDEX.name
    where = f"`{shown(place)}`" + (f", {_page(first)}" if first.exists() else "")
    said = f"{count:,} in {where}" if count else f"none yet: `python -m analysis {command}` makes them"
    return f"- {what}: {said}"


def _pages(folder: Path, pattern: str = "**/*.html") -> int:
    return sum(1 for _ in folder.glob(pattern))


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [" | ".join(row) for row in (header, ["---"] * len(header), *rows)]
    return "".join(f"| {line} |\n" for line in lines)


def _plain(name: str) -> str:
    from analysis.exhibits.wording import plain

    return plain(name)


def _link(words: str, notebook: Path, folder: Path | None) -> str:
    """A link that JupyterLab opens in a tab of its own."""
    return f"[{words}]({quote(Path(os.path.relpath(notebook, folder)).as_posix())})"


def _page(page: Path) -> str:
    """A link that opens in a tab of the browser, where a page's own programs and links work."""
    return f"[open](/files/{quote(page.relative_to(ROOT).as_posix())})"
