"""Rates with their intervals, the period of each beside it; a row is hatched where no figure is known."""

from analysis import plots
from analysis.exhibits import area_indicators, comparison

rates = comparison.in_order(area_indicators.compared("west_africa", area_indicators.UNODC))
year = rates["date_low"].dt.year
figure = plots.dots(
    rates.assign(text=("in " + year.map("{:.0f}".format)).where(year.notna()), reason="no figure found"),
    label="name",
    estimate=("rate_low", "rate_high"),
    text="text",
    reason="reason",
    xlabel="per 100,000 inhabitants",
    title="Detected victims of trafficking, by their latest figure",
    footer=plots.Footer("UNODC", "2017 to 2021", f"{year.notna().sum()} countries", "Detected, not incidence."),
)
figure
