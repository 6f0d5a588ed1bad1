"""The findings of a study: collected from its executed notebooks once all of them are up to date."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from analysis import catalog
from analysis.batch.products import as_manifest, damaged, digest, said, write_whole
from analysis.batch.result import BatchError
from analysis.catalog import shown
from analysis.findings import collected
from analysis.jobs import FROM_FINDINGS, SYNTHETIC, Job, plan


def stating(study: str) -> list[Job]:
    """The jobs of a study whose notebooks state findings: all that do not themselves read them."""
    return [job for job in plan(study) if job.analysis not in FROM_FINDINGS]


def not_collected(study: str, not_fresh: Sequence[Job]) -> tuple[str, ...]:
    """Why the findings of a study are not those of its notebooks as they are now; nothing if they are.

    Parameters
    ----------
    not_fresh : those of `stating` that are not up to date.
    """
    if not_fresh:
        few = ", ".join(job.name for job in not_fresh[:3]) + (" and others" if len(not_fresh) > 3 else "")
        return (f"findings of {study} wait for {len(not_fresh)} notebooks that are not up to date ({few})",)
    found = collected.said(study)
    if not found:
        return (f"findings of {study} have not been collected",)
    if found["made_from"] != runs(stating(study)):
        return (f"findings of {study} are of other runs of its notebooks",)
    return tuple(f"findings {path} are missing or were changed" for path in damaged(found["products"]))


def collect(studies: Iterable[str]) -> dict[str, str]:
    """Collect the findings of studies whose notebooks are all up to date; returns why the others have to wait."""
    from analysis.batch.status import states

    waiting = {}
    for study in studies:
        not_fresh = [state.job for state in states(stating(study)) if state.name != "fresh"]
        reasons = not_collected(study, not_fresh)
        if not_fresh:
            waiting[study] = "; ".join(reasons)
        elif reasons:
            _collect(study)
    return waiting


def _collect(study: str) -> None:
    """Write what the executed notebooks of a study state as Parquet and CSV, the manifest last.

    Raises BatchError if two notebooks state one thing.
    """
    from analysis.findings.finding import FindingError, as_table
    from analysis.processed import as_parquet
    from analysis.spreadsheets import csv_bytes

    jobs = stating(study)
    try:
        table = as_table([row for job in jobs for row in _stated(job)])
    except FindingError as error:
        raise BatchError("invalid_findings", f"The findings of {study} cannot be collected: {error}") from None
    kind = collected.kind(study)
    private = kind == "confidential"
    products = {
        collected.file(study, ".parquet"): as_parquet(table, kind),
        collected.file(study, ".csv"): csv_bytes(table),
    }
    manifest = collected.file(study, ".json")
    for path in manifest.parent.glob(f"{collected.RECORDS}*"):
        # Those that were collected under another name, too: of persons of another kind.
        if path.stem.removesuffix(SYNTHETIC) == collected.RECORDS:
            path.unlink()
    for path, content in products.items():
        write_whole(path, content, private)
    said_of_them = {
        "kind": kind.upper() if kind == "synthetic" else kind,
        "made_from": runs(jobs),
        "products": {shown(path): digest(content) for path, content in products.items()},
    }
    write_whole(manifest, as_manifest(said_of_them), private)


def runs(jobs: Iterable[Job]) -> dict[str, str]:
    """What each notebook's run was made of and gave: a run that gave the same states the same."""
    return {
        job.name: digest(json.dumps([content.get("made_from"), content.get("products")], sort_keys=True).encode())
        for job in jobs
        for content in (said(job.executed),)
    }


def _stated(job: Job) -> list[dict[str, object]]:
    """The findings of an executed notebook, each with what it was made from."""
    import nbformat

    from analysis.findings.recorded import FINDINGS

    notebook = nbformat.read(job.executed, as_version=4)
    inputs = notebook.metadata["made_from"]["inputs"]
    unnamed = {name for name, entry in catalog.datasets().items() if entry.kind == "confidential"}
    origin = {
        "notebook": shown(job.template),
        "notebook_sha256": notebook.metadata["made_from"]["notebook"][shown(job.template)],
        # Which data sets it read, and how the digests of what the catalogue says of them begin; confidential ones have
        # names that say whose they are.
        "inputs": ";".join(f"{name}:{sha256[:12]}" for name, sha256 in sorted(inputs.items()) if name not in unnamed),
    }
    return [
        {**row, **origin, "high": float("inf") if row["high"] == "inf" else row["high"]}
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        for row in output.get("data", {}).get(FINDINGS, {}).get("findings", [])
    ]
