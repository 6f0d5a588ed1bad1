"""Flow maps to be explored of persons on lists: protected flows, and journeys, which are internal."""

from __future__ import annotations

import pandas as pd
from IPython.display import HTML, Markdown

from analysis import areas, plots, texts
from analysis.areas import Area
from analysis.cases.histories import NOT_STATED
from analysis.cases.htcds import EXPLOITATION, SEX
from analysis.cases.journey_counts import OTHER, SCOPE
from analysis.sections import record_flows, record_journeys
from analysis.sections.record_counts import counted_footer
from analysis.sections.record_counts import limits_of as limits_of_counts
from analysis.sections.record_journeys import journeys_footer
from analysis.sections.record_paths import limits_of
from analysis.sections.route_explorer import FILTERS, HEIGHT, translated
from analysis.sections.section import INTERNAL, PROTECTED, said
from journeys import UNKNOWN, Journeys

TEXT = texts.of(__name__)

FORMS = {code: label.lower() for code, label in EXPLOITATION.items()}


def flows(place: Area, counted: pd.DataFrame) -> HTML | Markdown:
    """The protected flows of case records, to be filtered by how far they reach; a sentence where there are none.

    What the protected tables count together or withhold is not split by any other filter.

    Parameters
    ----------
    counted : from `record_flows.flows_of`.
    """
    shown = counted[counted["count"].notna()]
    if shown.empty:
        return said(TEXT["no_journeys_of_case_records"])
    ends = shown[["origin", "destination"]].replace(NOT_STATED, UNKNOWN)
    together = pd.DataFrame({"id": [OTHER], "name": record_journeys.names(place.study)[OTHER], "study": False})
    count = int(shown["count"].sum())
    limits = limits_of_counts(place, record_flows.LIMITS)
    title = TEXT["flows_title"].format(place=place.name)
    page = plots.interactive_flow_map(
        ends.assign(scope=shown[SCOPE], low=shown["count"].astype(int), high=shown["count"].astype(int)),
        pd.concat([record_journeys.places(place.study), together], ignore_index=True),
        areas.world(place.study),
        title=title,
        footer=counted_footer(place, count, limits),
        projection=areas.get(place.study).projection,
        unit="persons",
        filters={"scope": "How far"},
        highlight=None if place.is_study else place.area_id,
        boundaries=areas.boundaries(place.study),
        note=(TEXT["flows_note"].format(no_path=record_flows.NO_WAY)),
    )
    return plots.show_page(page, "flows_map", TEXT["a_map_and_a_table"].format(title=title), PROTECTED, height=HEIGHT)


def journeys(place: Area, read: Journeys) -> HTML:
    """The journeys of case records, to be filtered by year, form, sex and age; internal."""
    ids = pd.Series([*read.places, UNKNOWN], dtype=object)
    traits = read.traits
    table = pd.DataFrame(
        {
            "origin": ids.to_numpy()[read.origin],
            "destination": ids.to_numpy()[read.destination],
            "person": read.person,
            "year": traits["year"],
            "form": [translated(codes, FORMS) for codes in traits["form"]],
            "sex": traits["sex"].replace({code: label.lower() for code, label in SEX.items()}),
            # In the order of ages; the empty one is not known.
            "age_group": pd.Categorical(traits["age_group"], [*record_journeys.AGE_GROUPS, ""]),
        }
    )
    # Whoever was taken twice from the same place to the same place is one person on that flow.
    each = table.drop_duplicates(["origin", "destination", "person"])
    flows = each.groupby(["origin", "destination", *FILTERS], as_index=False, observed=True).size()
    title = TEXT["journeys_title"].format(place=place.name)
    ends = flows[["origin", "destination"]]
    is_passed = not place.is_study and not (ends == place.area_id).any(axis=1).all()
    passing = TEXT["journeys_passing"].format(place=place.name) if is_passed else ""
    page = plots.interactive_flow_map(
        flows.assign(low=flows["size"], high=flows["size"]),
        record_journeys.places(place.study),
        areas.world(place.study),
        title=title,
        footer=journeys_footer(place, limits_of(place)),
        projection=areas.get(place.study).projection,
        unit="persons",
        filters=FILTERS | {"year": TEXT["journeys_year"], "age_group": TEXT["journeys_age_group"]},
        highlight=None if place.is_study else place.area_id,
        boundaries=areas.boundaries(place.study),
        note=passing + (TEXT["journeys_note"]),
    )
    alt = TEXT["a_map_with_filters"].format(title=title)
    return plots.show_page(page, "journeys_map", alt, INTERNAL, height=HEIGHT)
