"""From where to where: the largest flows, those that lead far away at the edge, and how many are not drawn."""

from analysis import areas, catalog, plots
from analysis.exhibits import route
from analysis.methods import origin_destination

own = areas.ids("west_africa")
victims = origin_destination.citizenship_matrix(catalog.load("unodc_citizenship_flows"), own)
figure = plots.flow_map(
    victims,
    route.ends_of(victims, own),
    areas.background("world"),
    projection=areas.STUDIES["west_africa"].projection,
    top=15,
    unit="detected victims",
    title="West Africa: citizenship and detecting country of victims",
    footer=plots.Footer("UNODC, GLOTIP 2025", "2007-2022", f"{len(victims)} pairs", "Detected, not incidence."),
)
figure
