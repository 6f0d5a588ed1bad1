"""Print the processor kernels that the linear algebra of numpy and scipy uses here, as a list in JSON.

It is run by its path, in a process of its own, since a kernel is chosen once, when a library is loaded.
"""

import json

import numpy
import scipy.linalg  # noqa: F401 - loaded so that its own library is among those asked

try:
    import threadpoolctl  # type: ignore[import-untyped]

    found = [each["architecture"] for each in threadpoolctl.threadpool_info() if "architecture" in each]
except ImportError:
    found = [numpy.show_config("dicts")["Build Dependencies"]["blas"]["name"]]

if __name__ == "__main__":
    print(json.dumps(sorted(set(found))))
