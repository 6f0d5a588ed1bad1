"""Writes the executed reference notebooks that nbval runs again: one area of each study, without pictures and times.

Run it after a change that is meant to change what the notebooks print, and read the difference before committing it:
``python -m analysis intake`` and then ``python tests/make_reference_notebooks.py``.
"""

from pathlib import Path

import nbformat
import papermill

from analysis.catalog import ROOT
from analysis.jobs import plan

AREAS = ("TR-27", "SEN", "CPV-SAL")
FOLDER = Path(__file__).parent / "notebooks"


def main() -> None:
    """Execute every analysis for every area of AREAS."""
    for job in plan(area_ids=AREAS):
        path = FOLDER / f"{job.stem}_{job.area_id}.ipynb"
        papermill.execute_notebook(
            job.template, path, {"area": job.area_id}, kernel_name="python3", cwd=ROOT, progress_bar=False
        )
        notebook = nbformat.read(path, as_version=4)
        nbformat.write(_lasting(notebook), path)


def _lasting(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """What a second run must print again: pictures are compared elsewhere, and times and ids differ."""
    del notebook.metadata["papermill"]
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02d}"
        cell.metadata = {"tags": cell.metadata.get("tags", [])}
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("image/png", None)
            output.metadata = {}
    return notebook


if __name__ == "__main__":
    main()
