"""What UNODC's release does not count, and where its figures contradict one another.

UNODC prints what states report. Some years hold `<5` and nothing else, which says that nothing was reported; and some
states report parts that add up to more than their total. Neither is corrected here: figures stay as printed, what was
not reported is not drawn, and what is published of a contradiction says so. Parts below their whole are no
contradiction, as of some persons neither sex, age nor form is known.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

# What `<5` hides is smaller.
LARGER = 5
NOT_REPORTED = (
    "not preferred: `<5` for both ages and nothing else, while other years of the country have larger counts: "
    "not reported"
)
FORMS_NOT_REPORTED = (
    "not preferred: `<5` for every form that is printed, of a year without victims or with more than these, while "
    "other years of the country have larger counts: not reported"
)
_KEYS = ["area_id", "year"]
SEX_AND_AGE, FORM = "sex and age", "form"
ALL, CHILDREN, ADULTS = ("all", "all"), ("all", "0-17"), ("all", "18+")
# Parts that make a whole, as (sex, age): whose they are, what they are called, and what the whole is called.
_WHOLES = (
    (ALL, (CHILDREN, ADULTS), "victims", "children and adults", "victims"),
    (ALL, (("female", "all"), ("male", "all")), "victims", "the two sexes", "victims"),
    (CHILDREN, (("female", "0-17"), ("male", "0-17")), "child_victims", "girls and boys", "children"),
    (ADULTS, (("female", "18+"), ("male", "18+")), "adults", "women and men", "adults"),
)
COLUMNS = ["area_id", "year", "of", "measure", "words"]


def not_reported(table: pd.DataFrame) -> pd.MultiIndex:
    """Return the countries and years that UNODC's `<5` does not count: (area_id, year).

    All that is printed of the year is `<5` for 0-17 and `<5` for 18+, without a total and without the sexes, and
    some other year of the country, before or after, has a count of 5 or more. Where few were detected and reported,
    UNODC prints the total and the sexes as well; where all years are small, `<5` may be what was found.

    Parameters
    ----------
    table : detected victims, one row a figure: area_id, year, sex, age, low (persons), value_qualifier.
    """
    hidden = table["sex"].eq("all") & table["age"].isin(["0-17", "18+"]) & table["value_qualifier"].eq("below_5")
    by_year = table.assign(hidden=hidden, larger=table["low"] >= LARGER).groupby(_KEYS)
    nothing_else = by_year["hidden"].all() & by_year["age"].nunique().eq(2)
    larger = by_year["larger"].any().groupby("area_id").transform("any")
    return by_year.size().index[nothing_else & larger]


def no_forms(forms: pd.DataFrame, victims: pd.DataFrame) -> pd.Series:
    """Return True for figures by form that count nobody, by the same rule.

    All that is printed of the country and year is `<5`; victims of that year are not printed, or are more than these
    forms can hold; and some other year of the country has a count of 5 or more, by form or of victims.

    Parameters
    ----------
    forms, victims : as for `parts_above_whole`, and value_qualifier; of victims those that count persons.
    """
    keys = [forms[key] for key in _KEYS]
    few = forms["value_qualifier"].eq("below_5").groupby(keys).transform("all")
    of_all = forms["sex"].eq("all") & forms["age"].eq("all")
    held = forms["high"].where(of_all, 0).groupby(keys).transform("sum")
    detected = victims.groupby(_KEYS)["low"].max().reindex(pd.MultiIndex.from_frame(forms[_KEYS])).to_numpy()
    larger = {*forms.loc[forms["low"] >= LARGER, "area_id"], *victims.loc[victims["low"] >= LARGER, "area_id"]}
    return few & ~(held >= detected) & forms["area_id"].isin(larger)


def parts_above_whole(victims: pd.DataFrame, forms: pd.DataFrame) -> pd.DataFrame:
    """Return the countries and years whose parts hold more persons than the whole that is printed of the same year.

    Parameters
    ----------
    victims : detected victims, one row a figure: area_id, year, sex ("all", "female", "male"), age ("all", "0-17",
        "18+"), low, high (persons).
    forms : the same by form of exploitation: area_id, year, form, sex, age, low, high (persons). Persons are counted
        once by form: what all forms hold is set against the victims of the year.

    Returns
    -------
    DataFrame, one row a contradiction: area_id, year, of (SEX_AND_AGE or FORM: which table it is in), measure (whose
    whole it is: "victims", "child_victims", "adults"), words ("girls and boys add up to 583, more than the 569
    children").
    """
    rows = []
    printed = victims.drop_duplicates(["area_id", "year", "sex", "age"]).set_index(["sex", "age"])
    for (area_id, year), here in printed.groupby(["area_id", "year"]):
        rows += [(area_id, year, SEX_AND_AGE, *found) for found in _of_year(here[["low", "high"]])]
    whole = victims[victims["sex"].eq("all") & victims["age"].eq("all")].set_index(["area_id", "year"])["high"]
    of_all = forms[forms["sex"].eq("all") & forms["age"].eq("all")]
    for (area_id, year), least in of_all.groupby(["area_id", "year"])["low"].sum().items():
        most = whole.get((area_id, year))
        if most is not None and least > most:
            rows.append((area_id, year, FORM, "victims", _words("the forms of exploitation", least, most, "victims")))
    return pd.DataFrame(rows, columns=COLUMNS)


def _of_year(bounds: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """The measure and the words of each whole of a country and year that its parts exceed; bounds by sex and age."""
    for whole, parts, measure, called, of_all in _WHOLES:
        if not {whole, *parts} <= set(bounds.index):
            continue
        least, most = sum(bounds.loc[part, "low"] for part in parts), bounds.loc[whole, "high"]
        if least > most:
            yield measure, _words(called, least, most, of_all)


def _words(parts: str, least: float, most: float, whole: str) -> str:
    return f"{parts} add up to {least:,.0f}, more than the {most:,.0f} {whole}"
