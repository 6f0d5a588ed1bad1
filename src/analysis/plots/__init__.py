"""Tables in, figures out: one style, charts, maps and flow maps. Nothing here knows of files or studies."""

from analysis.plots.choropleth import choropleth, join_areas
from analysis.plots.dots import bars, dots, forest
from analysis.plots.flow_map import flow_map
from analysis.plots.interactive_flow_map import interactive_flow_map, show_page
from analysis.plots.matrix import matrix
from analysis.plots.sankey import sankey
from analysis.plots.series import series, small_multiples
from analysis.plots.style import Footer, png, show
from analysis.plots.timeline import timeline

__all__ = [
    "Footer",
    "bars",
    "choropleth",
    "dots",
    "flow_map",
    "forest",
    "interactive_flow_map",
    "join_areas",
    "matrix",
    "png",
    "sankey",
    "series",
    "show",
    "show_page",
    "small_multiples",
    "timeline",
]
