"""Yearly changes around zero, each with its interval and both in words; what carries no trend is hatched."""

import trends
from analysis import areas, plots
from analysis.exhibits import attempt, trend

study = areas.get("west_africa")
series = trend.of_label(trend.series(study), trend.MEASURES["victims"])
ranks = {key: attempt(trends.mann_kendall, trend.ranked(points)) for key, points in trend.each(series)}
changes = trend.compared_changes(study, "victims", trend.tested(series, ranks, trend.changes_of(series)))
figure = plots.forest(
    changes,
    label="name",
    reason="reason",
    xlabel="percent a year",
    title="Yearly change of detected victims in West Africa",
    footer=plots.Footer(
        "UNODC", "2007 to 2021", f"{int(changes['n'].sum())} country-years", "Detected, not incidence."
    ),
)
figure
