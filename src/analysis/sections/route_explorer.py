"""A flow map to be explored: routes named in reports. That of persons on lists is made by `record_explorer`."""

from __future__ import annotations

import pandas as pd
from IPython.display import HTML, Markdown

from analysis import areas, plots, texts
from analysis.areas import Area
from analysis.sections import detection, route
from analysis.sections.section import PUBLIC, footer, said

TEXT = texts.of(__name__)

HEIGHT = 760  # pixels of a frame: what is longer is scrolled within it

# The reports' words for those who are named -> their sex and age, where the word says so.
SEX_OF = {"girls": "female", "women": "female", "boys": "male", "men": "male"}
AGE_OF = {
    "children": "children",
    "girls": "children",
    "boys": "children",
    "women": "adults",
    "men": "adults",
    "adults": "adults",
}
FILTERS = texts.table(__name__, "filters")


def mentions(place: Area, rows: pd.DataFrame) -> HTML | Markdown:
    """Route mentions of US reports, to be filtered by year, form, and who is named; a sentence where none is."""
    if rows.empty:
        return said(TEXT["no_route_from"].format(whose=detection.whose(place)))
    flows = pairs_of_mentions(rows)
    title = TEXT["mentions_title"].format(whose=detection.whose(place))
    page = plots.interactive_flow_map(
        flows,
        route.ends_of(flows, detection.countries(place)),
        areas.background("world"),
        title=title,
        footer=footer(rows, f"{rows['mention_id'].nunique()} mentions", route.WRITTEN_OF),
        projection=place.projection,
        unit=TEXT["mentions_unit"],
        filters={**FILTERS, "year": TEXT["mentions_year"]},
        highlight=None if place.is_study else place.iso3,
        note=(TEXT["mentions_note"]),
    )
    alt = TEXT["mentions_alt"].format(title=title)
    return plots.show_page(page, "mentions_map", alt, PUBLIC, height=HEIGHT)


def pairs_of_mentions(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a mention and pair, with all that its rows say of form, sex and age."""
    words = rows["victims"].fillna("")
    table = rows[["mention_id", "origin", "destination"]].assign(
        year=rows["report_year"].astype(str),
        form=rows["form"].fillna("").str.replace("_", " ").str.replace(r"\bsex\b", "sexual exploitation", regex=True),
        sex=[translated(text, SEX_OF) for text in words],
        age_group=[translated(text, AGE_OF) for text in words],
    )
    pairs = table.groupby(["mention_id", "origin", "destination"], as_index=False, sort=False)
    return pairs.agg(dict.fromkeys(FILTERS, ";".join)).assign(low=1, high=1)


def translated(words: str, meaning: dict[str, str]) -> str:
    """What words or codes joined by ";" mean, each once; empty where they say nothing of it."""
    return ";".join(dict.fromkeys(meaning[word] for word in words.split(";") if word in meaning))
