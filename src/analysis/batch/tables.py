"""The tables of case records: whether they follow from what there is now, and how they are made again.

Each study is read and linked in a process of its own, so that this one stays small, and nothing that a library prints
on the way can hold a value of a record.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from analysis import areas, catalog
from analysis.batch.made_from import PACKAGE, MadeFrom, changes, tables_made_from, with_inputs
from analysis.batch.products import damaged, digest, said, write_whole
from analysis.batch.result import BatchError
from analysis.catalog import ROOT, shown
from analysis.jobs import BESIDE_PUBLIC_EVIDENCE, CASE_RECORDS, SYNTHETIC, WITH_CASE_RECORDS, CaseTables

# What the files of a study are called, without the ending that says SYNTHETIC.
TABLES = (
    *("case_records", "stops", "pairs", "weights", "histories", "sensitivity", "lists"),
    *("quarantine", "clerical_sample", "intake"),
)
# The key of synthetic lists is public.
PUBLIC_KEY = "public"


@dataclass(frozen=True)
class TablesState:
    """Whether the tables of a study follow from what there is now: ``fresh``, ``stale`` or ``missing``, and why not."""

    study: str
    name: str
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = f"{self.name} {self.study}/case records"
        return said + (f": {'; '.join(self.reasons)}" if self.reasons else "")


@dataclass(frozen=True)
class Built:
    """What came of the lists of one study: path below ``data/processed`` -> content, or the reason why nothing did."""

    study: str
    products: dict[str, bytes] = field(default_factory=dict, repr=False)
    read: tuple[str, ...] = ()
    reason: str = ""


def tables_state(study: str) -> TablesState:
    """Whether the tables of a study must be made again, and why."""
    said = CaseTables(study).said()
    if not said:
        return TablesState(study, "missing", ("its lists have not been read",))
    then: MadeFrom = said["made_from"]
    try:
        now = with_inputs(tables_made_from(study, _key(study)), list(then["inputs"]))
    except BatchError as error:
        return TablesState(study, "stale", (str(error),))
    differing = changes(then, now)
    differing += [f"table {path} is missing or was changed" for path in damaged(said["products"])]
    return TablesState(study, "stale" if differing else "fresh", tuple(differing))


def make(studies: Sequence[str]) -> dict[str, str]:
    """Read and link the lists of each study and write its tables, the manifest last; go on when one fails.

    Returns
    -------
    study -> why its tables could not be made. Those that an earlier run had made are then taken away.
    """
    failed = {}
    for study in tqdm(studies, unit="study", desc="case records", disable=None, file=sys.stderr):
        key = ""
        try:
            # Here, and not only in the process that reads, which is silent: of a key that is new one must hear.
            key = _key(study)
            built = _in_a_process(study)
        except BatchError as error:
            built = Built(study, reason=str(error))
        _store(built, key)
        if built.reason:
            failed[study] = built.reason
    return failed


def _in_a_process(study: str) -> Built:
    """What `_built` returns, from a process of its own: if that is lost, other studies are not."""
    from analysis.batch.run import local

    with local(1) as (executor, _):
        try:
            return executor.submit(_built, study).result()
        # Whatever a library does to its process, and whatever cannot be handed on.
        except Exception as error:
            return Built(study, reason=f"its process was lost ({type(error).__name__})")


def notes(studies: Sequence[str]) -> list[str]:
    """What a user should know of these studies' case records: what is kept back, set aside, or not catalogued."""
    said = []
    for study in studies:
        if catalog.case_kind(study) == "confidential":
            said.append(
                f"case records of {study} are confidential: their tables are in {shown(CaseTables(study).folder)}; "
                f"nothing of them is released until a disclosure audit can check it"
            )
        if catalog.set_aside(study):
            said.append(f"synthetic case records of {study} are set aside: there are lists of its own")
    said += [
        f"{shown(path)} is not catalogued: `python -m analysis check` it" for path in catalog.uncatalogued(studies)
    ]
    return said


def withdraw() -> None:
    """Take away what was released of case records that are no longer of that kind, or may no longer be released."""
    for study in areas.STUDIES:
        kind = catalog.case_kind(study)
        runs = ROOT / "data" / "processed" / "runs" / study
        folders = (runs, ROOT / "reports" / study, ROOT / "figures" / study)
        shown_alone = [path for folder in folders for path in folder.glob(f"*/{CASE_RECORDS}*")]
        gone = [path for path in shown_alone if SYNTHETIC not in path.name and kind != "public"]
        if kind == "synthetic":
            for name in BESIDE_PUBLIC_EVIDENCE:
                gone += [path for folder in folders[:2] for path in folder.glob(f"*/{name}.*")]
        else:
            gone += [path for folder in folders for path in folder.glob(f"*/*{SYNTHETIC}*")]
        if kind != "public":
            gone += [path for executed in runs.glob("*/*.ipynb") for path in _beside_public_records(executed, study)]
        if kind == "confidential":
            # A log may hold what was shown before they were.
            gone += [path for name in WITH_CASE_RECORDS for path in runs.glob(f"*/{name}*.failed.ipynb")]
        for path in gone:
            path.unlink(missing_ok=True)
        if not kind:
            _keep_only(CaseTables(study).folder, set())


def _beside_public_records(executed: Path, study: str) -> list[Path]:
    """The products of a notebook that shows public case records beside other evidence; none of any other."""
    content = said(executed)
    read = content.get("made_from", {}).get("inputs", {})
    if SYNTHETIC in executed.name or CaseTables(study).name not in read:
        return []
    return [executed, *(ROOT / path for path in content.get("products", {}))]


def _store(built: Built, key: str) -> None:
    """Write the tables of a study, the manifest last, and remove what they take the place of."""
    tables = CaseTables(built.study)
    paths = {tables.folder.parent / path: content for path, content in built.products.items()}
    # Without the manifest there is nothing: whatever becomes of the rest, it is not taken for whole.
    tables.manifest.unlink(missing_ok=True)
    private = tables.kind == "confidential"
    for path, content in paths.items():
        write_whole(path, content, private)
    _keep_only(tables.folder, set(paths))
    if not built.reason:
        manifest = {
            "study": built.study,
            "kind": tables.kind,
            "made_from": with_inputs(tables_made_from(built.study, key), list(built.read)),
            "products": {shown(path): digest(content) for path, content in sorted(paths.items())},
        }
        write_whole(tables.manifest, (json.dumps(manifest, indent=1, sort_keys=True) + "\n").encode(), private)


def _keep_only(folder: Path, paths: set[Path]) -> None:
    """Remove from a study's folder what an earlier run made, and nothing else."""
    for path in folder.glob("*"):
        if path.stem.removesuffix(SYNTHETIC) in TABLES and path not in paths:
            path.unlink()


def _built(study: str) -> Built:
    """In a process of its own: the tables of a study, or one line on why there are none."""
    confidential = catalog.case_kind(study) == "confidential"
    _silence(confidential)
    try:
        from analysis.cases.processed import build

        products = build(study)
        read = sorted(entry.name for entry in catalog.read_so_far() if entry.mapping is None)
        return Built(study, products, tuple(read))
    except Exception as error:
        return Built(study, reason=without_values(error, confidential))


def _key(study: str) -> str:
    """A digest that changes with the key of the pseudonyms, from which the key cannot be learnt. Raises BatchError."""
    kind = catalog.case_kind(study)
    if kind == "synthetic":
        return PUBLIC_KEY
    from analysis.cases.identity import IdentityError, keyed, secret_key

    try:
        of_the_key = keyed(["which key"], secret_key(kind))
    except IdentityError as error:
        raise BatchError(str(error)) from None
    return hashlib.sha256(of_the_key.tobytes()).hexdigest()


def without_values(error: Exception, confidential: bool) -> str:
    """One line. Our own exceptions hold no value of a record; any other may, and says nothing of confidential ones."""
    message = " ".join(str(error).split())
    if type(error).__module__.split(".")[0] == PACKAGE.name:
        return message
    ours = [step for step in traceback.extract_tb(error.__traceback__) if Path(step.filename).is_relative_to(PACKAGE)]
    where = f" at {shown(Path(ours[-1].filename))}:{ours[-1].lineno}" if ours else ""
    withheld = "the message is withheld, since it may hold a value of a record"
    return f"{type(error).__name__}{where}: {withheld if confidential else message[:300]}"


def _silence(confidential: bool) -> None:
    """Say nothing of confidential records on any channel, whatever a library has to say; of others, no warnings."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    if confidential:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for descriptor in (1, 2):
            os.dup2(nowhere, descriptor)
        os.close(nowhere)
