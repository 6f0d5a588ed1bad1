"""The figures of the explanations, by the project's functions: `python docs/explanation/figures.py` draws them anew.

A test draws them too, and compares: a figure here shows what the functions say today.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import capture_recapture
import disclosure
from analysis import areas, bibliography, evidence, plots
from analysis.exhibits import context, multiple_systems

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PER = "identified in 100 interviews"
# Synthetic: children on a list, by province and sex, with all sums printed.
CHILDREN = pd.DataFrame(
    [("Gaziantep", "girls", 4), ("Gaziantep", "boys", 20), ("Kilis", "girls", 30), ("Kilis", "boys", 25)],
    columns=["province", "sex", "count"],
)


def found_and_looked_for() -> Figure:
    """Türkiye, 2016 to 2022: victims identified, persons interviewed to find them, and the one for each hundred."""
    victims = evidence.detected_victims("TUR")
    victims = victims[victims["preferred"] & victims["source"].eq("TIP") & victims["measure"].eq("victims")]
    asked = evidence.official_indicators("TUR")
    asked = asked[asked["preferred"] & asked["indicator"].eq("potential_victims_interviewed")]
    asked = asked.assign(year=asked["period_start"].dt.year)
    both = victims.merge(asked, on="year", suffixes=("", "_asked"))
    rate = 100 * both["low"] / both["low_asked"]
    points = pd.concat(
        [
            both.assign(panel="victims identified"),
            asked.assign(panel="potential victims interviewed"),
            both.assign(panel=PER, low=rate, high=rate, value_qualifier=both["value_qualifier_asked"]),
        ]
    ).assign(series="", x=lambda table: table["year"] + 0.5)
    return plots.small_multiples(
        points,
        title="Türkiye: what was found, and how hard was looked",
        subtitle="More victims were identified, but fewer of every hundred who were asked",
        ylabel="persons",
        columns=3,
        own_scale=True,
        footer=plots.Footer(
            bibliography.short_source(pd.concat([both["source_id"], asked["source_id"]]).unique()),
            f"{asked['year'].min()} to {asked['year'].max()}",
            f"{len(both)} years with both figures",
            "Detected, not incidence. Three scales; an open mark is about so many.",
        ),
    )


def united_kingdom() -> pd.DataFrame:
    """Potential victims on five lists of the United Kingdom of 2013: one 0/1 column a list, and count (persons)."""
    tables = pd.read_csv(ROOT / "tests/reference/capture_tables.csv", comment="#", dtype={"pattern": str})
    table = tables[tables["table"] == "UKdat_5"]
    lists = table["lists"].iloc[0].split()
    return pd.DataFrame([list(map(int, pattern)) for pattern in table["pattern"]], columns=lists).assign(
        count=table["count"].to_numpy()
    )


def many_methods() -> Figure:
    """How many there were in the United Kingdom, by every method that is in use."""
    return multiple_systems.methods_plot(capture_recapture.robustness(united_kingdom(), latent_draws=2_500)).draw(
        title="United Kingdom, 2013: one data set, many numbers",
        footer=plots.Footer(
            "UK National Crime Agency, Strategic Assessment 2013, as carried by the R package SparseMSE 2.0.1",
            "2013",
            "2,744 potential victims on five lists",
            "Estimated, not counted: it rests on the model, on a closed population and on faultless linkage.",
        ),
    )


def tables(children: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The table with the sums that are printed with it; a suppressed count stays missing in its cell alone."""
    sums = {
        "by province": CHILDREN.groupby("province", as_index=False)["count"].sum(),
        "by sex": CHILDREN.groupby("sex", as_index=False)["count"].sum(),
        "all": pd.DataFrame({"count": [CHILDREN["count"].sum()]}),
    }
    return {"by province and sex": children} | sums


def suppressed(*cells: tuple[str, str]) -> dict[str, pd.DataFrame]:
    """The tables with some cells, as (province, sex), suppressed."""
    hidden = [cell in cells for cell in zip(CHILDREN["province"], CHILDREN["sex"], strict=True)]
    return tables(CHILDREN.assign(count=CHILDREN["count"].astype(float).mask(np.array(hidden, dtype=bool))))


def what_is_known(published: dict[str, pd.DataFrame]) -> tuple[float, float]:
    """Between which numbers the girls of Gaziantep are known to be: without a breach, all that their row allows."""
    found = disclosure.audit(published)
    ours = found[found["cell"].str.contains("Gaziantep") & found["cell"].str.contains("girls")]
    return (0, 24) if ours.empty else (ours["low"].max(), ours["high"].min())


def what_blanks_hide() -> Figure:
    """What an attacker knows of four girls, by what is left blank."""
    cells = list(zip(CHILDREN["province"], CHILDREN["sex"], strict=True))
    blanks = {"nothing": 0, "their own cell": 1, "and the boys beside them": 2, "all four cells": 4}
    known = pd.DataFrame([what_is_known(suppressed(*cells[:number])) for number in blanks.values()])
    known.columns = ["low", "high"]
    exact = known["low"] == known["high"]
    between = [f"from {low:.0f} to {high:.0f}" for low, high in zip(known["low"], known["high"], strict=True)]
    return plots.dots(
        known.assign(label=list(blanks), text=known["low"].map("known: {:.0f}".format).where(exact, between)),
        estimate=("low", "high"),
        interval=None,
        text="text",
        xlabel="girls",
        title="How many girls of Gaziantep are on the list?",
        subtitle="What follows from the sums of the table, by what is left blank in it",
        footer=plots.Footer(
            "synthetic, for this page",
            "none",
            "79 synthetic children",
            "No real child is counted here.",
            synthetic=True,
        ),
    )


def reports_read() -> Figure:
    """West Africa: of each country and year of publication, whether the US reports' figures were read."""
    figure = context.reports_read(areas.get("west_africa")).figure
    assert figure is not None
    return figure


DRAWN: dict[str, Callable[[], Figure]] = {
    "found_and_looked_for": found_and_looked_for,
    "reports_read": reports_read,
    "many_methods": many_methods,
    "what_blanks_hide_SYNTHETIC": what_blanks_hide,
}


if __name__ == "__main__":
    for name, draw in DRAWN.items():
        (HERE / f"{name}.png").write_bytes(plots.png(draw()))
        print(f"written: docs/explanation/{name}.png")
