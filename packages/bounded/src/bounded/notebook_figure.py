"""A figure that a notebook shows as a picture where a cell ends with it, whichever backend is loaded or none is."""

from __future__ import annotations

import io

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


class NotebookFigure(Figure):
    """A figure of matplotlib that IPython can show: JupyterLab, papermill and nbconvert ask it for a PNG.

    matplotlib's own figures are shown only once pyplot, or a magic line, has registered a formatter for them.
    """

    def _repr_png_(self) -> bytes:
        written = io.BytesIO()
        # Software without its version: the same figure gives the same bytes everywhere.
        FigureCanvasAgg(self).print_png(written, metadata={"Software": None})
        return written.getvalue()
