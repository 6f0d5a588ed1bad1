"""Bars from zero whose parts add up; a row of which a part is not known is hatched, and its sum is a lower bound."""

from analysis import evidence, plots

victims = evidence.detected_by_sex_age("TUR").query("preferred and sex == 'all' and age != 'all' and year >= 2013")
figure = plots.bars(
    victims.assign(
        exact=victims["low"].where(victims["low"] == victims["high"]),
        age=victims["age"].map({"0-17": "children", "18+": "adults"}),
    ),
    label="year",
    value="exact",
    part="age",
    xlabel="detected victims",
    title="Children and adults detected as victims in Türkiye",
    footer=plots.Footer(
        "UNODC", "2013 to 2021, without 2016", f"{victims['year'].nunique()} years", "Detected, not incidence."
    ),
)
figure
