"""What the fork server loads once for all workers: a warm process, and then what it takes to run a notebook.

It is imported for what that does: the warm process loads its libraries while this one loads papermill.
"""

import sys
import warnings

from analysis.batch.kernel_provisioner import warm_up

# The fork server wonders at the end of a child that it did not fork: the warm process.
warnings.filterwarnings("ignore", "forkserver: waitpid returned unexpected pid")
warm_up()

# jsonschema would take 0.6 s to build a grammar of addresses in all scripts, which no schema of a notebook asks for.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

import analysis.batch.execute  # noqa: E402, F401
