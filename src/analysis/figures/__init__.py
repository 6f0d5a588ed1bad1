"""Tables in, figures out: one style, charts, maps and flow maps. Nothing here knows of files or studies."""

from analysis.figures.agreement_map import agreement_map
from analysis.figures.agreement_matrix import agreement_matrix
from analysis.figures.answer_matrix import answer_matrix
from analysis.figures.attrition_region import attrition_region
from analysis.figures.attrition_steps import attrition_steps
from analysis.figures.bound_profiles import bound_profiles
from analysis.figures.candidates import candidates
from analysis.figures.comparisons import dot_panels, ranking, shares
from analysis.figures.corridor_chains import corridor_chains
from analysis.figures.estimates import estimates
from analysis.figures.flow_map import flow_map
from analysis.figures.flow_periods import flow_periods
from analysis.figures.forest import forest
from analysis.figures.framed_page import show_page
from analysis.figures.funnel import funnel
from analysis.figures.gap_bars import gap_bars
from analysis.figures.heat import heat, heat_pair
from analysis.figures.interactive_flow_map import interactive_flow_map
from analysis.figures.joinpoint_panels import joinpoint_panels
from analysis.figures.joinpoints import joinpoints
from analysis.figures.league import league
from analysis.figures.linkage import capture_pattern, match_weights, overlap_sensitivity
from analysis.figures.maps import choropleth, choropleth_pair
from analysis.figures.missing_answers import missing_answers
from analysis.figures.needs_gap import needs_gap
from analysis.figures.nested_outcomes import nested_outcomes
from analysis.figures.odds_ratios import odds_ratios
from analysis.figures.prevalence_panels import prevalence_panels
from analysis.figures.published_estimates import published_estimates
from analysis.figures.sankey import sankey
from analysis.figures.score_matrix import score_matrix
from analysis.figures.series import by_category, interval_series, small_multiples, trend
from analysis.figures.share_changes import share_changes
from analysis.figures.smoothed import smoothed
from analysis.figures.style import Footer, png, show
from analysis.figures.timeline import timeline

__all__ = [
    "Footer",
    "agreement_map",
    "agreement_matrix",
    "answer_matrix",
    "attrition_region",
    "attrition_steps",
    "bound_profiles",
    "by_category",
    "candidates",
    "capture_pattern",
    "choropleth",
    "choropleth_pair",
    "corridor_chains",
    "dot_panels",
    "estimates",
    "flow_map",
    "flow_periods",
    "forest",
    "funnel",
    "gap_bars",
    "heat",
    "heat_pair",
    "interactive_flow_map",
    "interval_series",
    "joinpoint_panels",
    "joinpoints",
    "league",
    "match_weights",
    "missing_answers",
    "needs_gap",
    "nested_outcomes",
    "odds_ratios",
    "overlap_sensitivity",
    "png",
    "prevalence_panels",
    "published_estimates",
    "ranking",
    "sankey",
    "score_matrix",
    "share_changes",
    "shares",
    "show",
    "show_page",
    "small_multiples",
    "smoothed",
    "timeline",
    "trend",
]
