"""Events with their dates as exactly as they are known, on one scale of years; years without one are hatched."""

from analysis import bibliography, catalog, plots

events = catalog.load("regional_mechanism")
events = events[events["date_low"].dt.year < 2020]
figure = plots.timeline(
    events.assign(lane=events["body"].str.split(";").str[0].where(events["body"].str.contains("ECOWAS|AU"), "others")),
    start="date",
    label="event",
    title="West Africa's response to trafficking, 2001 to 2019",
    footer=plots.Footer(
        bibliography.short_source(events["source_id"].unique()),
        "2001 to 2019",
        f"{len(events)} events",
        "Events as reported; years without one are not years without action.",
    ),
)
figure
