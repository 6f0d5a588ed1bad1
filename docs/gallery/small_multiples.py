"""A panel a country on one scale; a hatched box is "<5", and a country without a figure says so."""

from analysis import areas, bibliography, evidence, plots

names = areas.names("west_africa")
victims = evidence.detected_victims(list(names))
victims = victims[victims["preferred"] & victims["source"].eq("UNODC") & victims["measure"].eq("victims")]
figure = plots.small_multiples(
    victims.assign(country=victims["area_id"].map(names)),
    panel="country",
    panels=list(names.values()),
    x="year",
    ylabel="persons a year",
    log=True,
    title="Detected victims of trafficking in West Africa",
    footer=plots.Footer(
        bibliography.short_source(victims["source_id"].unique()), "2007-2022", f"{len(victims)} figures",
        "Detected, not incidence.",
    ),
)  # fmt: skip
figure
