"""Modules that the fork server loads once for all workers: a warm process, then what it takes to run a notebook.

It is imported for what that does: the warm process loads its libraries while this one loads papermill, what the
notebooks follow from, and the bibliography, which every page cites.
"""

import contextlib
import os
import warnings

from analysis.batch.kernel_provisioner import shared_pairs, warm_up

# The fork server wonders at the end of a child that it did not fork: the warm process.
warnings.filterwarnings("ignore", "forkserver: waitpid returned unexpected pid")
warm_up()

import analysis.batch.execute  # noqa: E402, F401
from analysis import bibliography, catalog  # noqa: E402
from analysis.batch.provenance import made_from  # noqa: E402
from analysis.jobs import Job  # noqa: E402

for study, name in shared_pairs(os.environ):
    # Whatever is wrong is said by the job that meets it.
    with contextlib.suppress(Exception):
        made_from(Job(name, study, study))
with contextlib.suppress(catalog.CatalogError):
    bibliography.source_ids()
    bibliography.sources(())
