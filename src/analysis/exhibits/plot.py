"""A chart as data: which chart draws an exhibit, of which table, with which arguments. `publish` draws it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from analysis import areas, plots


@dataclass(frozen=True)
class Layer:
    """A layer to draw beneath a map by its name, as `areas.background` has it; read when the map is drawn."""

    name: str


class Plot:
    """A chart that is not drawn yet: ``Plot(plots.small_multiples, rates, panel="source", log=False)``.

    Parameters
    ----------
    chart : a function of `analysis.plots`, or one that takes a table, title and footer as they do.
    table : what it draws, mostly a DataFrame, a row a mark.
    arguments : what else the chart is called with, by name; title and footer are the exhibit's.
    """

    def __init__(self, chart: Callable[..., Figure], table: Any, **arguments: Any) -> None:
        self.chart, self.table, self.arguments = chart, table, arguments

    @staticmethod
    def ready(figure: Figure | None) -> Plot | None:
        """Return a plot that is drawn already; None where there is none."""
        return None if figure is None else Plot(lambda drawn, **_: drawn, figure)

    def draw(self, title: str, footer: plots.Footer | None) -> Figure:
        """Return the figure under a title and above a footer."""
        arguments = {
            name: areas.background(value.name) if isinstance(value, Layer) else value
            for name, value in self.arguments.items()
        }
        return self.chart(self.table, **arguments, title=title, footer=footer)

    def change(self, chart: Callable[..., Figure] | None = None, table: Any = None, **arguments: Any) -> Plot:
        """Return the same plot with another chart, another table, or arguments that differ; None takes one away."""
        gone = {name for name, value in arguments.items() if value is None}
        kept = {name: value for name, value in (self.arguments | arguments).items() if name not in gone}
        return Plot(chart or self.chart, self.table if table is None else table, **kept)

    def __repr__(self) -> str:
        """The call, as a notebook would write it."""
        words = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())
        rows = f"<{len(self.table):,} rows>" if hasattr(self.table, "__len__") else f"<{type(self.table).__name__}>"
        return f"plots.{getattr(self.chart, '__name__', 'chart')}({rows}, {words})"
