"""The executed reference notebooks: one area of each study, and the comparisons of one, without what differs by run.

Write them again after a change that is meant to change what the notebooks print, and read the difference before
committing it: ``python tests/reference_notebooks.py``. `make test` compares them with the notebooks that the batch
has executed, and has nbval execute each again; those of a whole study nbval alone.
"""

import tempfile
from pathlib import Path

import nbformat
from projects import SELECTION, copy_of_the_project, run_analysis

FOLDER = Path(__file__).parent / "notebooks"
# Comparisons of the study whose notebooks are the quickest; the run of the other references has none.
STUDY, COMPARED = "cabo_verde", ("incidence", "trends", "plan_a_study")


def executed(project: Path) -> dict[str, Path]:
    """The notebooks that a run has left in a project, by the names of their references."""
    paths = (project / "data/processed/runs").glob("*/*/*.ipynb")
    return {f"{path.stem}_{path.parent.name}.ipynb": path for path in paths}


def lasting(path: Path) -> nbformat.NotebookNode:
    """What a second run must print again: pictures are compared elsewhere, and times and ids differ."""
    notebook = nbformat.read(path, as_version=4)
    kernel = {name: notebook.metadata[name] for name in ("kernelspec", "language_info") if name in notebook.metadata}
    notebook.metadata = nbformat.from_dict(kernel)
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02d}"
        cell.metadata = nbformat.from_dict({"tags": cell.metadata.get("tags", [])})
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("image/png", None)
            if "metadata" in output:
                output.metadata = nbformat.from_dict({})
    return notebook


def main() -> None:
    """Run the batch for the areas and the study of the references, and write what it has executed."""
    with tempfile.TemporaryDirectory() as folder:
        project = copy_of_the_project(Path(folder))
        compared = ("--area", STUDY, *(word for analysis in COMPARED for word in ("--analysis", analysis)))
        for selection in (SELECTION, compared):
            ran = run_analysis("run", *selection, "--jobs", "2", project=project)
            if ran.returncode:
                raise SystemExit(ran.stdout + ran.stderr)
        for name, path in executed(project).items():
            nbformat.write(lasting(path), FOLDER / name)


if __name__ == "__main__":
    main()
