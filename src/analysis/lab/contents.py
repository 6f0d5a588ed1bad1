"""The files of the project as JupyterLab opens and saves them: a notebook that is ours is trusted, and no other is."""

from __future__ import annotations

from typing import Any

from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

from analysis.catalog import ROOT
from analysis.lab.trust import is_ours


class ProjectFiles(AsyncLargeFileManager):
    """Jupyter's own, but that it is looked at each opening whether a notebook is ours."""

    def mark_trusted_cells(self, nb: Any, path: str = "") -> None:
        """Sign a notebook that is ours; one that is not keeps what a person's own run of it has earned."""
        if is_ours(ROOT / path.strip("/")):
            self.notary.sign(nb)
        super().mark_trusted_cells(nb, path)
