"""The report of a demonstration: what lists and a survey let one state, by area, and how near the truth it is."""

from __future__ import annotations

import pandas as pd
from IPython.display import HTML
from matplotlib.figure import Figure

from analysis import areas, catalog, plots, texts
from analysis.areas import Area
from analysis.findings.finding import KNOWN, WITHHELD
from analysis.findings.measures import MEASURES, capital, marked_sentence, period_words, sentence, title, value_words
from analysis.report.key_findings import box
from analysis.sections.section import PROTECTED, Section

TEXT = texts.of(__name__)

LIMITS = TEXT["limits"]
# What a policy reader asks, and the measures, or items of measures, that answer it.
QUESTIONS = {
    TEXT["how_many"]: ("recorded_persons", "recorded_children", "estimated_total"),
    TEXT["how_it_changes"]: ("recorded_change", "recorded_common_change", "recorded_turns"),
    TEXT["from_where"]: ("journey_reach",),
    TEXT["how_long"]: ("days_to_referral",),
    TEXT["who_is_at_risk"]: ("prevalence", "odds_ratio.child_labour"),
    TEXT["what_is_missing"]: ("unmet_need",),
}
# The columns of the table by area.
BY_AREA = ("recorded_persons", "estimated_total", "recorded_change", "prevalence.child_labour.syrian")
_TRUTH = "synthetic_{study}_truth_totals"


def statements(place: Area, table: pd.DataFrame) -> pd.DataFrame:
    """What is known of the study as a whole, as sentences: question, statement, n, finding_id."""
    whole = table[table["area_id"].eq(place.study) & table["status"].eq(KNOWN)]
    rows = [
        (question, sentence(row), row["n"], row["finding_id"])
        for question, names in QUESTIONS.items()
        for name in names
        for row in whole[_is_named(whole, name)].to_dict("records")
    ]
    return pd.DataFrame(rows, columns=["question", "statement", "n", "finding_id"])


def key_findings(place: Area, stated: pd.DataFrame, table: pd.DataFrame) -> HTML:
    """What the page says first: one statement a question, and how much is suppressed."""
    first = stated.drop_duplicates("question")["finding_id"]
    rows = table.set_index("finding_id", drop=False).loc[list(first)].to_dict("records")
    suppressed = int(table["status"].eq(WITHHELD).sum())
    last = TEXT["suppressed"].format(findings=f"{len(table):,}", suppressed=f"{suppressed:,}", name=place.name)
    return HTML(box([marked_sentence(row) for row in rows], last), metadata={"release_class": PROTECTED})


def answered(place: Area) -> Section:
    """What surrounds the statements on the study as a whole."""
    return _section("statements", TEXT["statements_title"].format(name=place.name), LIMITS)


def statement_rows(stated: pd.DataFrame) -> pd.DataFrame:
    """The statements as they are printed."""
    n = [f"{int(each):,}" if pd.notna(each) else "–" for each in stated["n"]]
    return pd.DataFrame({"Question": stated["question"], "Statement": stated["statement"], "n": n})


def by_area(place: Area, table: pd.DataFrame) -> pd.DataFrame:
    """Each area with its values in words, one column a measure: area_id, name, these, persons (a number)."""
    names = areas.names(place.study)
    found = {"area_id": list(names), "name": list(names.values())}
    for name in BY_AREA:
        own = table[_is_named(table, name)].set_index("area_id")
        if len(own):
            words = {area_id: value_words(row) for area_id, row in own.to_dict("index").items()}
            found[_head(own.iloc[0])] = [words.get(area_id, "–") for area_id in names]
    persons = table[table["measure"].eq("recorded_persons")].set_index("area_id")["value"]
    return pd.DataFrame(found).assign(persons=[persons.get(area_id) for area_id in names])


def areas_section(place: Area, table: pd.DataFrame) -> Section:
    """What surrounds the table and the map of the areas."""
    what = TEXT["by_area_title"].format(name=place.name)
    whole = table[table["area_id"].eq(place.study) & table["measure"].eq("recorded_persons")].iloc[0]
    n = TEXT["persons"].format(n=value_words(whole))
    footer = plots.Footer(TEXT["source"], period_words(whole["period"]), n, LIMITS, synthetic=True)
    return _section("areas", what, LIMITS, footer=footer, alt=f"{what}. {LIMITS}")


def areas_figure(place: Area, rows: pd.DataFrame, section: Section) -> Figure:
    """The persons on lists by area, as a map; what is suppressed is hatched."""
    hidden = rows["persons"].isna()
    persons = rows["persons"].map("{:,.0f}".format)
    drawn = rows.assign(
        label=rows["name"].where(hidden, rows["name"] + "\n" + persons),
        status=hidden.map({True: "suppressed", False: ""}),
    )
    return plots.choropleth(
        plots.join_areas(areas.boundaries(place.study), drawn),
        value="persons",
        status="status",
        labels="label",
        projection=place.projection,
        legend_label=TEXT["persons_on_lists"],
        world=areas.surroundings(place.study),
        **section.frame,
    )


def area_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """The same as they are printed."""
    return rows.drop(columns=["area_id", "persons"]).rename(columns={"name": "Area"})


def truth(place: Area, table: pd.DataFrame) -> pd.DataFrame:
    """Each range of the estimated total beside the true number: area_id, name, low, high, persons, held."""
    total = catalog.load(_TRUTH.format(study=place.study)).groupby("area_id")["persons"].sum()
    own = table[table["measure"].eq("estimated_total") & table["status"].eq(KNOWN)].set_index("area_id")
    true = pd.concat([total, pd.Series({place.study: total.sum()})])
    found = own[["low", "high"]].assign(persons=true.reindex(own.index))
    named = {**areas.names(place.study), place.study: place.name}
    found = found.assign(
        name=[named[area_id] for area_id in found.index], held=found["persons"].between(found["low"], found["high"])
    )
    return found.reset_index().sort_values("persons", ascending=False, ignore_index=True)


def truth_section(place: Area, found: pd.DataFrame) -> Section:
    """What surrounds the estimates beside the truth."""
    limits = TEXT["truth_limits"].format(held=int(found["held"].sum()), ranges=len(found))
    return _section("truth", TEXT["truth_title"].format(name=place.name), limits)


def truth_rows(found: pd.DataFrame) -> pd.DataFrame:
    """The same as they are printed."""
    return pd.DataFrame(
        {
            "Area": found["name"],
            "Estimated total": [
                f"{low:,.0f} to {high:,.0f}" for low, high in zip(found["low"], found["high"], strict=True)
            ],
            "True number": found["persons"].map("{:,.0f}".format),
            "Range holds it": found["held"].map({True: "yes", False: "no"}),
        }
    )


def _section(name: str, title: str, limits: str, **more: object) -> Section:
    return Section(name, title, limits=limits, kind="synthetic", release_class=PROTECTED, **more)  # type: ignore[arg-type]


def _is_named(table: pd.DataFrame, name: str) -> pd.Series:
    """Rows of a measure, or of those of its items that begin so: ``odds_ratio.child_labour``."""
    measure, _, item = name.partition(".")
    items = table["item"].eq(item) | table["item"].str.startswith(f"{item}.")
    return table["measure"].eq(measure) & (items if item else True)


def _head(row: pd.Series) -> str:
    unit = {"percent": ", %", "percent_a_year": ""}.get(MEASURES[row["measure"]].unit, "")
    return capital(title(row), "en") + unit
