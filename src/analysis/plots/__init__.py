"""Tables in, figures out: one style, charts, maps and flow maps. Nothing here knows of files or studies."""

from analysis.plots.agreements import agreement_map, agreement_matrix
from analysis.plots.attrition import attrition_region, attrition_steps
from analysis.plots.chains import corridor_chains
from analysis.plots.choropleth import choropleth, choropleth_pair
from analysis.plots.comparisons import dot_panels, ranking, shares, smoothed
from analysis.plots.flow_map import flow_map, flow_periods
from analysis.plots.forest import forest
from analysis.plots.gaps import gap_bars
from analysis.plots.interactive_flow_map import interactive_flow_map, show_page
from analysis.plots.joinpoint_fits import joinpoint_panels
from analysis.plots.joinpoints import candidates, joinpoints
from analysis.plots.league_tables import funnel, league
from analysis.plots.linkage import capture_pattern, match_weights, overlap_sensitivity
from analysis.plots.matrix import answer_matrix
from analysis.plots.odds_ratios import odds_ratios
from analysis.plots.outcomes import needs_gap, nested_outcomes
from analysis.plots.population_estimates import estimates
from analysis.plots.prevalence import prevalence_panels, published_estimates
from analysis.plots.sankey import sankey
from analysis.plots.scores import bound_profiles, score_matrix
from analysis.plots.series import by_category, interval_series, small_multiples, trend
from analysis.plots.share_changes import share_changes
from analysis.plots.share_panels import missing_answers
from analysis.plots.style import Footer, png, show
from analysis.plots.timeline import timeline

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
