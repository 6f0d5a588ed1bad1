"""Counts over the years, joined where they follow one another; "<5" is a hatched box, and a gap is not bridged."""

from analysis import bibliography, evidence, plots

countries = {"NGA": "Nigeria", "GHA": "Ghana", "SEN": "Senegal"}
victims = evidence.detected_victims(countries)
victims = victims[victims["preferred"] & victims["source"].eq("UNODC") & victims["measure"].eq("victims")]
figure = plots.series(
    victims.assign(country=victims["area_id"].map(countries)),
    x="year",
    by="country",
    ylabel="persons a year",
    log=True,
    title="Detected victims of trafficking",
    footer=plots.Footer(
        bibliography.short_source(victims["source_id"].unique()), "2007-2022", f"{len(victims)} figures",
        "Detected, not incidence.",
    ),
)  # fmt: skip
figure
