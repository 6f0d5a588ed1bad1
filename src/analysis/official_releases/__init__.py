"""Official releases that users bring themselves: published files in, tidy tables out, and an account of every row.

Nothing here knows where the files lie: `glotip.load`, `usdol.load` and `ctdc.load` take a path.
"""

from analysis.official_releases.release import Release, ReleaseError

__all__ = ["Release", "ReleaseError"]
