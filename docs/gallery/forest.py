"""Yearly changes around zero, each with its interval and both in words; what carries no trend is hatched."""

from analysis import areas, plots
from analysis.exhibits import trend

study = areas.get("west_africa")
changes = trend.compared_changes(study, "victims", trend.tested_of(study))
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
