"""A cell a row and column, told by shade and sign; what no source was found for is hatched, and is no "no"."""

from analysis import catalog, plots
from analysis.plots.matrix import ladder

countries = {"BEN": "Benin", "GHA": "Ghana", "MLI": "Mali", "NGA": "Nigeria", "SEN": "Senegal", "TGO": "Togo"}
tiers = catalog.load("tiers").query("area_id in @countries and report_year >= 2015")
figure = plots.matrix(
    tiers.assign(country=tiers["area_id"].map(countries)),
    row="country",
    column="report_year",
    category="tier",
    categories=ladder(["3", "2WL", "2", "1"]),
    columns=range(2015, 2026),
    key_title="tier",
    title="Tiers in the Trafficking in Persons reports",
    footer=plots.Footer("US Department of State", "2015-2025", f"{len(tiers)} tiers", "A tier judges efforts."),
)
figure
