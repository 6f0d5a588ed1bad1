"""One notebook run by papermill: from a job to the files it leads to, which are returned and not written.

A notebook is given the id of an area, under a name that its template declares. papermill writes parameters into a cell,
as ``name = value``, and runs it: a name with a line end in it is a program.

The same function runs in a local process and on another machine: it needs this package and the inputs, and writes to
no folder of the project.
"""

from __future__ import annotations

import ast
import json
import os
import re
import tempfile
import threading
import time
import traceback
from collections.abc import Mapping, Set
from dataclasses import replace
from pathlib import Path
from queue import Empty

import nbformat
import papermill
from jupyter_client.asynchronous import AsyncKernelClient
from nbformat import NotebookNode
from traitlets.config import Config

from analysis import areas, catalog
from analysis.batch.kernel_provisioner import set_environment
from analysis.batch.products import Limits, Result, digest
from analysis.batch.provenance import SEED, MadeFrom, changes, made_from, tables_read, with_answers, with_inputs
from analysis.catalog import ROOT, Dataset, shown
from analysis.file_writing import PRIVATE
from analysis.findings.exhibit_rows import require_published
from analysis.findings.finding import stated
from analysis.indicators import DECLARATIONS
from analysis.jobs import OWN_FIGURES, TABLE, WITH_OWN_FIGURES, Job
from analysis.report.pages import figures, framed_pages, render_page, tables
from bounded.refusal import Refusal

TAG = "parameters"


class ParameterError(Refusal):
    """A notebook cannot be given what it was to be given; the message says why, and nothing has been run."""


def checked_parameters(job: Job) -> dict[str, str]:
    """Return the parameters of a job's notebook: the id of its area, or of its study.

    Raises
    ------
    ParameterError : its cell of parameters holds more than names with plain values, or has no `area` (`study`).
    areas.UnknownArea : there is no such area in the study.
    """
    place = areas.get(job.area_id)
    if (place.area_id, place.study) != (job.area_id, job.study):
        raise areas.UnknownArea("unknown_area", f"{job.area_id} is no area of the study {job.study}.")
    return checked(job.parameters, nbformat.read(job.template, as_version=4))


def checked(given: Mapping[str, str] | Mapping[object, object], template: nbformat.NotebookNode) -> dict[str, str]:
    """Parameters for a template: names that its cell of parameters declares, and ids of areas.

    Raises
    ------
    ParameterError : another name, or a cell of parameters that does more than give names plain values.
    areas.UnknownArea : a value is the id of no area and no study.
    """
    known = declared(template)
    for name in given:
        if name not in known:
            printed = name if isinstance(name, str) and name.isascii() and name.isidentifier() else "what was given"
            raise ParameterError(
                "unknown_parameter",
                f"A notebook takes no parameter '{printed}': its cell of parameters declares {', '.join(known)}.",
            )
    return {str(name): areas.get(value).area_id for name, value in given.items()}  # type: ignore[arg-type]


def declared(template: nbformat.NotebookNode) -> tuple[str, ...]:
    """The names to which a template's cell of parameters gives plain values: texts, numbers, True, False or None.

    Raises ParameterError if it has no such cell, or more than one, or the cell does anything else.
    """
    cells = [cell.source for cell in template.cells if TAG in cell.get("metadata", {}).get("tags", [])]
    if len(cells) != 1:
        raise ParameterError(
            "not_one_parameter_cell", f"A template has one cell tagged '{TAG}', and this one has {len(cells)}: tag one."
        )
    try:
        statements = ast.parse(cells[0]).body
    except (SyntaxError, ValueError):
        raise ParameterError(
            "invalid_python", "The cell of parameters is not Python: write a name, =, and a value on each line."
        ) from None
    names = [_name(statement) for statement in statements]
    if not names:
        raise ParameterError("empty", "The cell of parameters declares no name: write a name, =, and a value.")
    return tuple(names)


def _name(statement: ast.stmt) -> str:
    """The name that a statement gives a plain value."""
    if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
        [target, *others] = statement.targets
        if isinstance(target, ast.Name) and not others:
            return target.id
    raise ParameterError(
        "not_plain_value",
        f"Line {statement.lineno} of the cell of parameters does more than give a name a plain value: "
        "move it to a cell of its own.",
    )


# papermill changes the folder of its process, and environment variables are a process's too.
ONE_AT_A_TIME = threading.Lock()


def execute(job: Job, expected: MadeFrom, limits: Limits) -> Result:
    """Run the notebook of `job` in a kernel of its own; never raises for what the notebook does.

    Parameters
    ----------
    expected : what the caller holds the notebook, library, environment and inputs to be; where it is otherwise here,
        say on another machine, nothing is run.
    """
    set_environment()
    start = time.perf_counter()
    differing = changes(expected, made_from(job))
    if differing:
        reason = f"program or data have changed since the run began, or differ here: {'; '.join(differing[:3])}"
        return failed(Result(job, reason=reason), ours=True)
    started: list[NotebookNode] = []
    ended = {"peak_mib": 0.0, "timed_out": False}
    products: dict[str, bytes] = {}
    reason, lost, trace = "", False, ""
    with tempfile.TemporaryDirectory(prefix=f"{PRIVATE}{os.getpid()}-") as folder:
        account = Path(folder, "account.json")
        try:
            with ONE_AT_A_TIME:
                notebook = _run_cells(job, limits, folder, account, started)
            products = _products(job, expected, notebook)
        except papermill.exceptions.PapermillExecutionError as error:
            reason = _reason(error.ename, error.evalue)
        except Exception as error:
            reason, trace = _reason(type(error).__name__, str(error)), traceback.format_exc()
            lost = isinstance(error, RuntimeError | OSError)
        if account.exists():
            ended = json.loads(account.read_text(encoding="utf-8"))
    if ended["timed_out"]:
        reason, lost = f"TimeoutError: it took longer than {limits.seconds:,.0f} s (--timeout)", False
    result = Result(job, products, time.perf_counter() - start, ended["peak_mib"], reason, lost)
    return failed(result, started[0] if started else None, trace) if reason else result


def failed(result: Result, notebook: NotebookNode | None = None, trace: str = "", *, ours: bool = False) -> Result:
    """A failure with its log: the notebook as far as it went, redacted if confidential data are catalogued.

    Parameters
    ----------
    ours : whether the batch itself says why, and no cell that could hold a value of a record: that is never redacted.
    """
    notebook = notebook or nbformat.v4.new_notebook()
    job, reason = result.job, result.reason
    if not ours and any(entry.kind == "confidential" for entry in catalog.datasets().values()):
        reason = f"{reason.split(':')[0]}: the message is suppressed, since confidential data are catalogued"
        trace = "\n".join(_places(trace))
        for cell in notebook.cells:
            _redact(cell)
    _tidy(job, notebook)
    text = f"**This run failed.** {reason}" + (f"\n\n```\n{trace}\n```" if trace else "")
    notebook.cells.insert(0, nbformat.v4.new_markdown_cell(text, id="failure"))
    notebook.metadata["failure"] = reason
    notebook.metadata["persons"] = {tables.name: tables.kind for tables in job.tables}
    return replace(result, reason=reason, products={shown(job.failed): nbformat.writes(notebook).encode()})


class PromptClient(AsyncKernelClient):
    """A client that takes a kernel for ready when it answers; the base class then waits 0.2 s for silence as well."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Return when the kernel answers and its output arrives; raise RuntimeError if it does not in `timeout` s."""
        end = time.monotonic() + (timeout or 60.0)
        while time.monotonic() < end:
            self.kernel_info()
            try:
                reply = await self.shell_channel.get_msg(timeout=1)
                await self.iopub_channel.get_msg(timeout=0.2)
            except Empty:
                if not await self._async_is_alive():
                    raise RuntimeError("The kernel ended before it was ready.") from None
                continue
            if reply["msg_type"] == "kernel_info_reply":
                self._handle_kernel_info_reply(reply)
                return
        raise RuntimeError(f"The kernel was not ready after {timeout or 60.0:.0f} s.")


def _run_cells(job: Job, limits: Limits, folder: str, account: Path, started: list[NotebookNode]) -> NotebookNode:
    """The executed notebook; `started` receives it when its kernel has started, whatever becomes of it."""
    return papermill.execute_notebook(
        job.template,
        None,
        parameters=checked_parameters(job),
        kernel_name="python3",
        progress_bar=False,
        cwd=ROOT,
        # All the kernel has said is here when the last cell has ended; nothing is gained by asking it to go.
        shutdown_kernel="immediate",
        on_notebook_start=lambda notebook: started.append(notebook),
        config=Config(
            {
                # Sockets in a folder of their own: no race of two kernels for one port, nothing on the network.
                "KernelManager": {
                    "transport": "ipc",
                    "ip": f"{folder}/socket",
                    "connection_file": f"{folder}/connection.json",
                    "client_class": f"{__name__}.{PromptClient.__name__}",
                },
                "WarmProvisioner": {
                    "time_limit": limits.seconds,
                    "memory_limit": limits.mib,
                    "account": str(account),
                },
            }
        ),
        extra_arguments=[
            "--log-level=CRITICAL",
            "--HistoryManager.enabled=False",
            # The same seeds in every kernel, for code that draws from the global generators.
            f"--IPKernelApp.exec_lines=__import__('random').seed({SEED}); __import__('numpy').random.seed({SEED})",
        ],
    )


def _products(job: Job, expected: MadeFrom, notebook: NotebookNode) -> dict[str, bytes]:
    """Figures, pages, numbers and executed notebook; the notebook says what all of them were made from, and of the
    numbers what each column is. Raises FindingError if a finding is not what the page publishes."""
    _tidy(job, notebook)
    products = {
        shown(job.figures / f"{job.analysis}_{name}.png"): content for name, content in figures(notebook).items()
    }
    products |= {shown(job.framed(name)): content for name, content in framed_pages(notebook).items()}
    named = tables(notebook)
    require_published(stated(output for cell in notebook.cells for output in cell.get("outputs", [])), named)
    numbers = {shown(job.numbers(name)): table for name, table in named.items()}
    products |= {path: table["data"].encode() for path, table in numbers.items()}
    notebook.metadata["tables"] = {
        path: {"title": table["title"], "fields": table["schema"]["fields"]} for path, table in numbers.items()
    }
    products[shown(job.page)] = render_page(job, notebook).encode()
    notebook.metadata["made_from"] = _made_from_read(expected, notebook)
    read = set(notebook.metadata["made_from"]["inputs"])
    _require_listed(job, read)
    _require_apart(job, read)
    notebook.metadata["products"] = {path: digest(content) for path, content in products.items()}
    products[shown(job.executed)] = nbformat.writes(notebook).encode()
    return products


def _require_listed(job: Job, read: Set[str]) -> None:
    """Raise CatalogError if a notebook read what its line does not say that it shows: no name of it would say so."""
    persons = [tables.records for tables in tables_read(job) if tables.name in read and tables not in job.tables]
    own = {each.name for each in catalog.own_tables("facts", job.study)} & read
    unsaid = [f"{name} in the column 'needs'" for name in persons]
    unsaid += [f"{OWN_FIGURES} in the column 'shows'"] if own and job.analysis not in WITH_OWN_FIGURES else []
    if unsaid:
        raise catalog.CatalogError(
            "not_listed",
            f"{shown(job.template)} reads what its line does not name: write {' and '.join(unsaid)} of {job.analysis} "
            f"in {shown(TABLE)}. A notebook that reads persons has pages of studies that have some, and of no others.",
        )


# What the pages of a demonstration may read besides its own tables: no figure of a real place.
_OF_NO_PLACE = ("areas", *DECLARATIONS, "country_regions", "sources", "ic_tip")


def _require_apart(job: Job, read: Set[str]) -> None:
    """Raise CatalogError if a page of public evidence read synthetic data, or a demonstration public evidence."""
    entries = [catalog.datasets()[name] for name in sorted(read) if name in catalog.datasets()]
    if areas.STUDIES[job.study].is_synthetic:
        mixed = [each for each in entries if each.kind != "synthetic" and not _is_neutral(each)]
        said = "is a demonstration on synthetic data"
    else:
        # A study's own counts may be synthetic, and the pages that show them say so.
        mixed = [
            each for each in entries if each.kind == "synthetic" and not (job.synthetic and each.study == job.study)
        ]
        said = "shows no synthetic data"
    if mixed:
        raise catalog.CatalogError(
            "kinds_mixed",
            f"{job.name} {said}, and its notebook read '{mixed[0].name}', which is {mixed[0].kind}: real and synthetic "
            "data never stand on one page.",
        )


def _is_neutral(entry: Dataset) -> bool:
    """True if a data set says which places there are, and nothing of them: boundaries of all studies have no schema."""
    return entry.kind == "public" and (entry.schema in _OF_NO_PLACE or not (entry.schema or entry.study))


def _made_from_read(expected: MadeFrom, notebook: NotebookNode) -> MadeFrom:
    """Return what it was made from; of data sets those that the notebook says it read, all where it does not say."""
    for cell in reversed(notebook.cells):
        for output in cell.get("outputs", []):
            if catalog.READ in output.get("data", {}):
                said = output["data"][catalog.READ]
                whole = [name for name in said["data_sets"] if name not in said["by_rows"]]
                return with_answers(with_inputs(expected, whole, said["by_rows"]), said["answers"])
    return with_inputs(expected, None)


def _tidy(job: Job, notebook: NotebookNode) -> None:
    """Take out what differs from run to run: times, random ids and the folders of this machine."""
    for number, cell in enumerate(notebook.cells):
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        added = set(cell.metadata.get("tags", [])) & {"injected-parameters", "papermill-error-cell-tag"}
        if added:
            cell["id"] = f"{min(added)}-{number}"
    notebook.metadata["papermill"] = {
        "input_path": shown(job.template),
        "parameters": notebook.metadata.get("papermill", {}).get("parameters", {}),
        "version": papermill.__version__,
    }


def _redact(cell: NotebookNode) -> None:
    """Leave of a cell's outputs only the name of the exception and the lines it passed through, without any value."""
    errors = [output for output in cell.get("outputs", []) if output["output_type"] == "error"]
    if "outputs" in cell:
        cell["outputs"] = [
            nbformat.v4.new_output(
                "error", ename=error["ename"], evalue="suppressed", traceback=_places("\n".join(error["traceback"]))
            )
            for error in errors
        ]


def _places(trace: str) -> list[str]:
    """Files and line numbers of a traceback."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", trace)
    return [f"{path}:{line}" for path, line in re.findall(r'File "?([^\s":]+)"?(?::|, line )(\d+)', plain)]


def _reason(name: str, message: str) -> str:
    """One line: what a notebook's cell raised, or what kept the notebook from running."""
    return f"{name}: {' '.join(message.split())}"[:300]
