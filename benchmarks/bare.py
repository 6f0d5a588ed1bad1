"""The code of the notebooks in one process, with its figures and tables: what the batch is held against.

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
    for cell in nbformat.read(job.template, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        given = "parameters" in cell.metadata.get("tags", [])
        with contextlib.redirect_stdout(io.StringIO()):
            [(name, value)] = job.parameters.items()
            code = f'{name} = "{value}"' if given else cell.source
            # Not silent: the shell then makes of a result all that a notebook would show of it.
            shell.run_cell(code, store_history=False).raise_error()


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
