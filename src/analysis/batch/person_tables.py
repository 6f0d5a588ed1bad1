"""The tables of persons, case records and surveys: whether they follow from what there is now, and how they are made.

Those of each study are made in a process of their own, so that this one stays small, and nothing that a library prints
on the way can hold a value of a record.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import itertools
import logging
import os
import traceback
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from pathlib import Path

from analysis import catalog, release_register, retention
from analysis.batch.products import BatchError, as_manifest, damaged, digest, in_brief
from analysis.batch.provenance import PACKAGES, MadeFrom, as_known, changes, tables_made_from, with_inputs
from analysis.catalog import shown
from analysis.data_read import read_so_far
from analysis.file_writing import write_whole
from analysis.jobs import SYNTHETIC, Job, SurveyTables, Tables, tables_of
from analysis.progress import progress
from analysis.project_files import sources

# The key of synthetic lists is public.
PUBLIC_KEY = "public"


@dataclass(frozen=True)
class TablesState:
    """State of tables: `name` is ``fresh``, ``stale`` or ``missing``, and why they are not fresh."""

    tables: Tables
    name: str
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = f"{self.name} {self.tables.study}/{self.tables.words}"
        return said + (f": {in_brief(self.reasons)}" if self.reasons else "")


@dataclass(frozen=True)
class Built:
    """Tables as made: path below ``data/processed`` -> content, or the reason why there are none.

    `protected` is the digest of those that may leave.
    """

    tables: Tables
    products: dict[str, bytes] = field(default_factory=dict, repr=False)
    read: tuple[str, ...] = ()
    protected: str = ""
    reason: str = ""


def tables_state(tables: Tables) -> TablesState:
    """Return the state of tables: if they must be made again, and why."""
    said = tables.manifest_content()
    if not said:
        return TablesState(tables, "missing", ("they have not been read",))
    then: MadeFrom = said["made_from"]
    try:
        now = as_known(tables_made_from(tables, _key(tables), said.get("protected", "")), then)
    except BatchError as error:
        return TablesState(tables, "stale", (str(error),))
    differing = changes(then, now)
    differing += [f"table {path} is missing or was changed" for path in damaged(said["products"])]
    return TablesState(tables, "stale" if differing else "fresh", tuple(differing))


def make(wanted: Sequence[Tables], jobs: Sequence[Job] = ()) -> dict[Tables, str]:
    """Make tables from their files and write them, the manifest last; go on when some fail.

    Parameters
    ----------
    jobs : the notebooks that are run next: what they have in common is computed beside.

    Returns
    -------
    tables -> why they could not be made. Those that an earlier run had made are then taken away.
    """
    failed, keys = {}, dict[Tables, str]()
    without = []
    for tables in wanted:
        try:
            # Here, and not only in the process that reads, which is silent: of a key that is new one must hear.
            keys[tables] = _key(tables)
        except BatchError as error:
            without.append(Built(tables, reason=str(error)))
    with progress("Intake", len(wanted), "table") as advance:
        for built in itertools.chain(without, _each_in_a_process(list(keys), jobs)):
            _store(built, keys.get(built.tables, ""))
            if built.reason:
                failed[built.tables] = built.reason
            advance()
    return failed


def _each_in_a_process(wanted: Sequence[Tables], jobs: Sequence[Job]) -> Iterator[Built]:
    """The results of `_built`, as they come, from a process of its own: if one is lost, other tables are not."""
    from analysis.batch.run import local

    queue, under_way = deque(wanted), dict[Future[Built], tuple[Tables, Executor]]()
    with contextlib.ExitStack() as opened:
        while queue or under_way:
            while queue and len(under_way) < (os.cpu_count() or 1):
                tables = queue.popleft()
                executor, _ = opened.enter_context(local(1, jobs))
                under_way[executor.submit(_built, tables)] = tables, executor
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                tables, executor = under_way.pop(future)
                executor.shutdown(wait=False)
                # Whatever a library does to its process, and whatever cannot be handed on.
                error = future.exception()
                lost = Built(tables, reason=f"its process was lost ({type(error).__name__})")
                yield lost if error else future.result()


def notes(studies: Sequence[str]) -> list[str]:
    """Return what a user should know of these studies' persons: what is internal, is set aside, or not catalogued."""
    said = []
    for tables in [tables for study in studies for tables in tables_of(study)]:
        if tables.kind == "confidential":
            said.append(
                f"{tables.words} of {tables.study} are confidential: their tables in {shown(tables.folder)} and "
                f"executed notebooks are internal; of them only protected tables and estimates are released"
            )
        if catalog.set_aside(tables.study, tables.described_by):
            said.append(f"synthetic {tables.words} of {tables.study} are set aside: there are real ones")
        said += _not_as_others(tables)
    said += [
        f"{shown(path)} is not catalogued: `python -m analysis check {shown(catalog.checked_with(path))}`"
        for path in catalog.uncatalogued(studies)
    ]
    return said + retention.notes(studies)


def not_linked(tables: Tables) -> str:
    """Return why records that were read were not linked, so that no person is counted; "" where they were."""
    path = tables.file("lists.parquet")
    if "lists" not in tables.files or not path.exists():
        return ""
    import pyarrow.parquet

    reasons = pyarrow.parquet.read_table(path, columns=["not_linked"])["not_linked"].to_pylist()
    return max((reason for reason in reasons if reason), default="")


def _not_as_others(tables: Tables) -> list[str]:
    """Return what to know of tables of counts that are withheld, or repeated, and why."""
    path = tables.file(tables.account)
    if not (tables.kind and tables.entries and path.exists()):
        return []
    # Loaded only where there is something to say.
    import pandas as pd

    from analysis.count_protection import sentences
    from analysis.spreadsheets import unguarded_table

    return sentences(unguarded_table(pd.read_csv(path, keep_default_na=False)), tables)


def _store(built: Built, key: str) -> None:
    """Write the tables of a study, the manifest last, and remove what they take the place of."""
    tables = built.tables
    paths = {tables.folder.parent / path: content for path, content in built.products.items()}
    # Without the manifest there is nothing: whatever becomes of the rest, it is not taken for whole.
    tables.manifest.unlink(missing_ok=True)
    private = tables.kind == "confidential"
    for path, content in paths.items():
        write_whole(path, content, private)
    _keep_only(tables, set(paths))
    if not built.reason:
        manifest = {
            "study": tables.study,
            "kind": tables.kind,
            "made_from": with_inputs(tables_made_from(tables, key, built.protected), list(built.read)),
            "protected": built.protected,
            "products": {shown(path): digest(content) for path, content in sorted(paths.items())},
        }
        write_whole(tables.manifest, as_manifest(manifest), private)


def _keep_only(tables: Tables, paths: set[Path]) -> None:
    for path in made_of(tables):
        if path not in paths:
            path.unlink()


def made_of(tables: Tables) -> list[Path]:
    """Return the files of these tables in a study's folder, under whatever name, and nothing else that lies there."""
    return [path for path in sorted(tables.folder.glob("*")) if path.stem.removesuffix(SYNTHETIC) in tables.files]


def _built(tables: Tables) -> Built:
    """Tables, made in a process of its own, or one line on why there are none."""
    confidential = tables.kind == "confidential"
    _silence(confidential)
    try:
        products = _build(tables)
        read = sorted(entry.name for entry in read_so_far() if not entry.description_path)
        return Built(tables, products, tuple(read), _digest_of_protected(tables, products))
    except Exception as error:
        return Built(tables, reason=without_values(error, confidential))


def _build(tables: Tables) -> dict[str, bytes]:
    if isinstance(tables, SurveyTables):
        from analysis.survey.processed import build as build_survey

        return build_survey(tables.study)
    from analysis.cases.processed import build
    from analysis.referral.weighted_kappa import coder_agreement

    return build(tables.study, coder_agreement)


def _digest_of_protected(tables: Tables, products: dict[str, bytes]) -> str:
    """The digest by which the register knows the protected tables; empty where none were made."""
    content = products.get(tables.file(tables.protected).relative_to(tables.folder.parent).as_posix())
    if content is None:
        return ""
    import pandas as pd

    return release_register.digest(pd.read_parquet(io.BytesIO(content)))


def _key(tables: Tables) -> str:
    """A digest that changes with the key of the pseudonyms, from which the key cannot be learnt. Raises BatchError."""
    if not tables.pseudonyms:
        return ""
    if tables.kind == "synthetic":
        return PUBLIC_KEY
    from analysis.intake.pseudonyms import IdentityError, keyed, secret_key

    try:
        of_the_key = keyed(["which key"], secret_key(tables.kind))
    except IdentityError as error:
        raise BatchError("key_unusable", str(error)) from None
    return hashlib.sha256(of_the_key.tobytes()).hexdigest()


def without_values(error: Exception, confidential: bool) -> str:
    """One line. Our own exceptions hold no value of a record; any other may, and says nothing of confidential ones."""
    message = " ".join(str(error).split())
    if type(error).__module__.split(".")[0] in PACKAGES:
        return message
    ours = [
        step
        for step in traceback.extract_tb(error.__traceback__)
        if any(map(Path(step.filename).is_relative_to, sources()))
    ]
    where = f" at {shown(Path(ours[-1].filename))}:{ours[-1].lineno}" if ours else ""
    suppressed = "the message is suppressed, since it may hold a value of a record"
    return f"{type(error).__name__}{where}: {suppressed if confidential else message[:300]}"


def _silence(confidential: bool) -> None:
    """Say nothing of confidential records on any channel, whatever a library has to say; of others, no warnings."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    if confidential:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for descriptor in (1, 2):
            os.dup2(nowhere, descriptor)
        os.close(nowhere)
