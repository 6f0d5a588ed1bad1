"""The code of the notebooks in one process, with its figures and tables, and no papermill: what the batch is held against.

python benchmarks/bare.py study/area/analysis ...
"""

import contextlib
import io
import sys
import time

import nbformat
from IPython.core.interactiveshell import InteractiveShell

from analysis.jobs import Job


def run(job: Job, shell: InteractiveShell) -> None:
    """Run the cells of a notebook for its area, and turn what each returns into what a notebook would show."""
    shell.reset(new_session=False)
    for cell in nbformat.read(job.template, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        given = "parameters" in cell.metadata.get("tags", [])
        with contextlib.redirect_stdout(io.StringIO()):
            ended = shell.run_cell(f'area = "{job.area_id}"' if given else cell.source, silent=True)
            ended.raise_error()
            shell.display_formatter.format(ended.result)


def main() -> None:
    """Run the jobs named on the command line and print the seconds they took, imports included."""
    shell = InteractiveShell.instance()
    start = time.perf_counter()
    for name in sys.argv[1:]:
        study, area_id, analysis = name.split("/")
        run(Job(analysis, study, area_id), shell)
    print(f"{time.perf_counter() - start:.2f}")


if __name__ == "__main__":
    main()
