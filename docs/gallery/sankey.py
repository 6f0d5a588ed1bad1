"""Bands from place to place, as high as their numbers; hatched where only bounds are published, such as "<5"."""

from analysis import areas, bibliography, catalog, plots

flows = catalog.load("unodc_citizenship_flows").query("citizenship in @areas.ids('west_africa') and year == 2019")
figure = plots.sankey(
    flows,
    source="citizenship",
    target="detected_in",
    stages=("Citizenship", "Detected in"),
    names={code: areas.country_name(code, code) for code in flows[["citizenship", "detected_in"]].stack()},
    unit="victims",
    title="Citizens of West African countries detected abroad, 2019",
    footer=plots.Footer(
        bibliography.short_source(flows["source_id"].unique()),
        "2019",
        f"{len(flows)} flows",
        "Detected, not incidence.",
    ),
)
figure
