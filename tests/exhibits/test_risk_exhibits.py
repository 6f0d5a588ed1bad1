"""What a reader takes from the page on risk factors: each number traced, and none that few children or chance carry."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from notebook_cells import run_cells
from risk_estimates import odds_ratios_of
from scipy import stats

from analysis import areas, catalog, plots
from analysis.exhibits import attempt, risk_factors, risk_sample, risk_survey
from analysis.exhibits.attempt import NoResult, _computed
from analysis.exhibits.exhibit import Exhibit
from analysis.exhibits.table import Table, printed
from analysis.jobs import Job
from analysis.methods.outcomes import outcomes
from analysis.survey.counts import K, count_tables
from analysis.survey.processed import Survey, load, protected
from survey_stats import FEW, LogisticRegression, SurveyDesign, logistic_regression

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        catalog.survey_kind("demo_provinces") != "synthetic", reason="A study has a survey of its own here"
    ),
]
WILLOW, FIG, PROVINCES = "XDP-WILLOW", "XDP-FIG", "demo_provinces"
PLACES = (WILLOW, "XDP-OAK", FIG, PROVINCES)
CALLED = {"TR": "Turkish children", "SY": "Syrian children"}
DRAWINGS = ("dots", "bars", "forest")
NUMBER = r"\d[\d,]*(?:\.\d+)?"
# An estimate as it is printed: "12.3 (10.1–14.9)", "+4.7 (-0.5 to +9.9)".
OF_A_SHARE = ("go_without", "go_without_low", "go_without_high", "design_effect", "cases")
ESTIMATE = re.compile(rf"([+-]?{NUMBER}) \(([+-]?{NUMBER})(?:–| to )([+-]?{NUMBER})\)")
# What only a program calls so: child_labour, sector_group[industry], `firth_logistic`, NaN.
OF_A_PROGRAM = re.compile(
    r"[a-z]_[a-z]|`|\w\[|\bnan\b|\bNaN\b|\binf\b|\bNone\b(?! (of|can))|<NA>|NaT|\bTrue\b|\bFalse\b"
)


@dataclass
class Page:
    """What the notebook's cells show of an area: exhibits by name, texts, the tables that figures were drawn from."""

    exhibits: dict[str, Exhibit] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    # The tables of the survey from which its numbers of children were read.
    counts: dict[str, pd.DataFrame] = field(default_factory=dict)
    # With the names of the columns.
    drawn: list[tuple[str, pd.DataFrame, dict]] = field(default_factory=list)

    def table(self, name: str, **wanted: str) -> pd.DataFrame:
        """Rows of an exhibit's table that have these values; headings with _ for a space."""
        table = printed(self.exhibits[name].table)
        for heading, value in wanted.items():
            table = table[table[heading.replace("_", " ")] == value]
        return table

    def cell(self, name: str, column: str, **wanted: str) -> str:
        (found,) = self.table(name, **wanted)[column]
        return str(found)

    @property
    def words(self) -> str:
        """All that is printed, tables and limits and texts."""
        return " ".join([*self.texts, *(exhibit.show().data for exhibit in self.exhibits.values())])


def counted(survey: Survey) -> dict[str, pd.DataFrame]:
    """Tables of the children asked in which the small numbers are missing, those of the study's survey protected."""
    if survey.respondents is committed().respondents:
        return protected("demo_provinces")
    tables = count_tables(survey.respondents)
    return {name: table.assign(count=table["count"].mask(table["count"] < K)) for name, table in tables.items()}


@contextmanager
def surveyed(survey: Survey, counts: dict[str, pd.DataFrame] | None = None) -> Iterator[pytest.MonkeyPatch]:
    """Everything that is shown within is shown of this survey, and counts its children by these tables."""
    with pytest.MonkeyPatch.context() as patched:
        tables = counted(survey) if counts is None else counts
        patched.setattr(risk_survey, "load", lambda study: survey)
        patched.setattr(risk_survey, "protected", lambda study: tables)
        _forget()
        yield patched
    _forget()


def _forget() -> None:
    risk_survey._tables.cache_clear()
    risk_survey._joined.cache_clear()
    _computed.clear()


def run(
    area_id: str,
    survey: Survey | None = None,
    pictures: bool = True,
    counts: dict[str, pd.DataFrame] | None = None,
) -> Page:
    """Run the cells of the notebook for an area, as the batch does, with this survey in place of the study's."""
    page = Page()
    survey = survey or committed()
    page.counts = counted(survey) if counts is None else counts
    with surveyed(survey, page.counts) as patched:
        for name in ("show", "parts"):
            patched.setattr(Exhibit, name, _noting(page, getattr(Exhibit, name)))
        for name in DRAWINGS:
            patched.setattr(plots, name, _drawing(page, name, getattr(plots, name), pictures))
        page.texts += run_cells("risk_factors", area_id)
    return page


def _noting(page: Page, method):
    def noted(exhibit: Exhibit):
        assert page.exhibits.setdefault(exhibit.name, exhibit) is exhibit, f"{exhibit.name} is shown twice"
        return method(exhibit)

    return noted


def _drawing(page: Page, name: str, draw, pictures: bool):
    def drawn(table: pd.DataFrame, *, footer: plots.Footer, **options):
        page.drawn.append((name, table, options))
        return draw(table, footer=footer, **options) if pictures else plots.style.nothing(title="", footer=footer)

    return drawn


@cache
def committed() -> Survey:
    return load("demo_provinces")


@cache
def shown(area_id: str) -> Page:
    """The page of an area with the repository's own survey; without its pictures."""
    return run(area_id, pictures=False)


# The province of Türkiye that stands for each province of Arboria, where a page needs public figures of the same area.
OF_TURKIYE = {
    "XDP-LINDEN": "TR-34", "XDP-HAZEL": "TR-31", "XDP-FIG": "TR-27", "XDP-PINE": "TR-63", "XDP-WILLOW": "TR-79",
    "XDP-ALDER": "TR-01", "XDP-MAPLE": "TR-35", "XDP-OAK": "TR-42", "XDP-CEDAR": "TR-16",
}  # fmt: skip


def in_turkiye(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(area_id=table["area_id"].astype(str).map(OF_TURKIYE)) if "area_id" in table else table


def run_in_turkiye(area_id: str, survey: Survey, counts: dict[str, pd.DataFrame] | None = None) -> Page:
    """The page of Türkiye, or of a province of it, as if the survey had been made there; without its pictures."""
    tables = counted(survey) if counts is None else counts
    there = replace(survey, study="turkiye", respondents=in_turkiye(survey.respondents))
    return run(area_id, there, pictures=False, counts={name: in_turkiye(table) for name, table in tables.items()})


@cache
def shown_in_turkiye(area_id: str) -> Page:
    return run_in_turkiye(area_id, committed())


def words(figure: Figure) -> str:
    return " ".join(" | ".join(text.get_text() for text in figure.findobj(Text) if text.get_visible()).split())


# Numbers from the table of respondents, by pandas and numpy alone


@cache
def respondents(area_id: str) -> pd.DataFrame:
    path = catalog.ROOT / "data/processed/demo_provinces/survey_respondents_SYNTHETIC.parquet"
    table = pd.read_parquet(path)
    found = outcomes(table)
    table = table.assign(**{name: found[name] for name in found if name not in ("respondent_id", "working")})
    return table if area_id == PROVINCES else table[table["area_id"] == area_id].reset_index(drop=True)


@dataclass
class ByHand:
    """A weighted mean of those of whom y is known, and its error from the variance between sampling units."""

    estimate: float
    error: float
    n: int
    degrees: int
    effect: float
    weighed: float

    def t_limits(self) -> tuple[float, float]:
        reach = stats.t.ppf(0.975, self.degrees) * self.error
        return self.estimate - reach, self.estimate + reach

    def limits_of_a_share(self) -> tuple[float, float]:
        """Clopper and Pearson's with an effective sample (Korn and Graubard, 1998) of at most Kish's size."""
        p, t = self.estimate, stats.t.ppf(0.975, self.degrees)
        size = min(p * (1 - p) / self.error**2, self.weighed) * (stats.t.ppf(0.975, self.n - 1) / t) ** 2
        low = stats.beta.ppf(0.025, size * p, size * (1 - p) + 1)
        return low, stats.beta.ppf(0.975, size * p + 1, size * (1 - p))

    @property
    def imprecise(self) -> bool:
        return self.error / self.estimate > 0.3


def between_units(table: pd.DataFrame, scores: np.ndarray) -> float:
    """Variance of a sum: n / (n - 1) times the squares of units' sums about their mean, stratum by stratum."""
    sums = pd.Series(scores).groupby([table["stratum"].to_numpy(), table["psu_id"].to_numpy()]).sum()
    parts = [len(units) / (len(units) - 1) * ((units - units.mean()) ** 2).sum() for _, units in sums.groupby(level=0)]
    return float(sum(parts))


def by_hand(table: pd.DataFrame, y: pd.Series, domain: pd.Series) -> ByHand:
    here = (domain.fillna(False).astype(bool) & y.notna()).to_numpy()
    values = y.astype("Float64").fillna(0).to_numpy(dtype=float)
    w = np.where(here, table["weight"].to_numpy(dtype=float), 0)
    estimate = (w * values).sum() / w.sum()
    variance = between_units(table, w * (values - estimate) / w.sum())
    units = table[here]
    simple = (w * (values - estimate) ** 2).sum() / w.sum() / (here.sum() - 1) * (1 - here.sum() / w.sum())
    degrees = units["psu_id"].nunique() - units["stratum"].nunique()
    weighed = w.sum() ** 2 / (w**2).sum()
    return ByHand(estimate, variance**0.5, int(here.sum()), degrees, variance / simple, weighed)


def assert_prints(cell: str, hand: ByHand, limits: tuple[float, float], scale: float = 100) -> None:
    """The cell holds estimate and limits as they are rounded, and the mark where it is due."""
    printed = [float(number.replace(",", "")) for number in ESTIMATE.match(cell).groups()]  # type: ignore[union-attr]
    assert printed[0] == pytest.approx(scale * hand.estimate, abs=0.051)
    assert printed[1:] == pytest.approx([scale * end for end in limits], abs=0.051), (cell, limits)
    assert cell.endswith("imprecise") == hand.imprecise


def of(table: pd.DataFrame, nationality: str) -> pd.Series:
    return table["nationality"].eq(nationality)


@pytest.mark.soak
@pytest.mark.parametrize("area_id", [FIG, PROVINCES])
@pytest.mark.parametrize("nationality", list(CALLED))
@pytest.mark.parametrize(("outcome", "called"), [("working", "working"), ("child_labour", "child labour")])
def test_a_prevalence_is_the_weighted_share_with_the_error_between_sampling_units(
    area_id, nationality, outcome, called
):
    table = respondents(area_id)
    hand = by_hand(table, table[outcome], of(table, nationality))
    row = {"Outcome": called, "Children": CALLED[nationality], "Sex_and_age": "all 5–17"}
    page = shown(area_id)
    assert_prints(page.cell("outcomes_prevalence", "Share, % (95 % limits)", **row), hand, hand.limits_of_a_share())
    assert float(page.cell("outcomes_prevalence", "Design effect", **row)) == pytest.approx(hand.effect, abs=0.0051)
    # How many know it is not told: the few who do not would follow.
    assert page.cell("outcomes_prevalence", "Children asked (n)", **row) == f"{of(table, nationality).sum():,}"
    assert page.cell("outcomes_prevalence", "With it (n)", **row) == f"{table[outcome][of(table, nationality)].sum():,}"
    assert not [column for column in page.table("outcomes_prevalence") if "nown" in column]


def test_every_prevalence_by_sex_and_age_is_the_weighted_share_or_withheld_where_few_would_be_told():
    table, suppressed = respondents(PROVINCES), 0
    columns = {"working": "working", "child labour": "child_labour", "forced labour": "forced_labour",
               "trafficking": "trafficked"}  # fmt: skip
    rows = shown(PROVINCES).table("outcomes_prevalence")
    for row in rows.to_dict("records"):
        sex, ages = row["Sex and age"].split(" ")
        here = of(table, {name: code for code, name in CALLED.items()}[row["Children"]])
        if sex != "all":
            here &= table["sex"].eq({"girls": "female", "boys": "male"}[sex])
        if ages != "5–17":
            here &= table["age_group"].eq(ages.replace("–", "-"))
        y = table[columns[row["Outcome"]]]
        events = int(y[here].sum())
        said = row["Share, % (95 % limits)"]
        if said == "suppressed":
            suppressed += 1
            assert (row["With it (n)"], row["Design effect"]) == ("suppressed", "–")
            continue
        assert row["With it (n)"] == f"{events:,}" and (events == 0 or events >= K)
        hand = by_hand(table, y, here)
        assert_prints(said, hand, hand.limits_of_a_share())
    assert len(rows) > 20 and 0 < suppressed < len(rows) / 2
    # Every outcome of all children of a nationality is told: the study as a whole comes first.
    assert not rows.loc[rows["Sex and age"] == "all 5–17", "With it (n)"].eq("suppressed").any()


@pytest.mark.parametrize("nationality", list(CALLED))
def test_who_goes_without_needs_it_and_does_not_get_it_of_all_children_and_in_children(nationality):
    table = respondents(PROVINCES)
    need, got = table["need_education"], table["received_education"]
    # Who needs nothing goes without nothing; of who needs it and does not say whether it came nothing is known.
    without = (need & ~got).astype("Float64")
    assert without[need.eq(False).fillna(False)].eq(0).all() and without[(need & got.isna()).fillna(False)].isna().all()
    hand = by_hand(table, without, of(table, nationality))
    row = {"Need": "education", "Children": CALLED[nationality]}
    page = shown(PROVINCES)
    assert_prints(page.cell("protection_gap", "Go without, %", **row), hand, hand.limits_of_a_share())
    scores = table["weight"].to_numpy(dtype=float) * (without * of(table, nationality)).fillna(0).to_numpy(dtype=float)
    total, reach = scores.sum(), stats.t.ppf(0.975, hand.degrees) * between_units(table, scores) ** 0.5
    printed = ESTIMATE.match(page.cell("protection_gap", "Go without, children", **row)).groups()
    for number, exact in zip(printed, (total, total - reach, total + reach), strict=True):
        assert float(number.replace(",", "")) == pytest.approx(exact, rel=0.05)


def test_table_1_holds_weighted_shares_and_means_of_each_nationality():
    table, page = respondents(FIG), shown(FIG)
    syrian, column = of(table, "SY"), f"Syrian children (n = {of(respondents(FIG), 'SY').sum()})"
    hand = by_hand(table, table["head_education"].eq("none").mask(table["head_education"].isna()), syrian)
    said = page.cell("survey_children", column, What="Schooling of the head, %", Value="none")
    assert_prints(said, hand, hand.limits_of_a_share())
    hand = by_hand(table, table["household_size"], syrian)
    said = page.cell("survey_children", column, What="Persons in the household", Value="mean")
    assert_prints(said, hand, hand.t_limits(), scale=1)


@pytest.mark.soak
def test_a_vulnerability_is_of_those_who_were_asked_and_know():
    table, page = respondents(WILLOW), shown(WILLOW)
    hand = by_hand(table, table["food_insecure"], of(table, "SY"))
    row = {"Vulnerability": "Household short of food", "Children": "Syrian children"}
    assert_prints(page.cell("survey_vulnerabilities", "Share, % (95 % limits)", **row), hand, hand.limits_of_a_share())
    # Whoever speaks no Turkish would be known as Syrian.
    row = {"Vulnerability": "Speaks no Turkish", "Children": "Syrian children"}
    assert page.cell("survey_vulnerabilities", "Share, % (95 % limits)", **row) == "suppressed"
    assert page.table("survey_vulnerabilities", Vulnerability="Speaks no Turkish", Children="Turkish children").empty
    asked = of(table, "SY") & table["household_income"].isna()
    (row,) = page.table("survey_missing", Children="Syrian children").loc[
        lambda rows: rows["Question"].str.startswith("How much money does the household have")
    ].to_dict("records")  # fmt: skip
    assert (row["Asked"], row["Not known"]) == (of(table, "SY").sum(), asked.sum())


def test_the_sample_is_described_stratum_by_stratum():
    page = shown(PROVINCES)
    assert len(page.table("survey_sample")) == 18
    table = respondents(PROVINCES)
    here = table[table["stratum"] == "XDP-WILLOW SY"]
    (row,) = page.table("survey_sample", Province_and_frame="Willow, Syrian frame").to_dict("records")
    assert row["Sampling units drawn"] == here["psu_id"].nunique()
    # A frame is not a nationality: children asked of both would tell of the few in the frame of the others.
    assert not [column for column in page.table("survey_sample") if "hildren" in column or "est weight" in column]
    assert row["Sampling units in all"] == here["psus_in_stratum"].iloc[0]
    w = here["weight"].to_numpy(dtype=float)
    # Kish: n times the sum of squares over the square of the sum.
    assert row["Cost of unequal weights"] == pytest.approx(len(w) * (w**2).sum() / w.sum() ** 2, abs=0.0051)


def factors(table: pd.DataFrame) -> pd.DataFrame:
    """The factors of the models as 0 and 1; what does not apply has the reference."""
    syrian = of(table, "SY")
    debt, elsewhere = table["debt"], table["registered_elsewhere"].astype("boolean").mask(~syrian, False)
    language = table["turkish"].mask(~syrian, "fluent")
    columns = {"one": pd.Series(1, table.index), "syrian": syrian, "boys": table["sex"].eq("male")}
    columns |= {age: table["age_group"].eq(age) for age in ("12-14", "15-17")}
    columns |= {name: table[name] for name in ("out_of_school", "separated")} | {"debt": debt}
    columns |= {"intermediary": table["labour_intermediary"], "elsewhere": elsewhere}
    columns |= {said: language.eq(said).mask(language.isna()) for said in ("some", "none")}
    return pd.DataFrame({name: column.astype("Float64") for name, column in columns.items()})


@cache
def adjusted(outcome: str) -> tuple[pd.Series, pd.Series, np.ndarray, np.ndarray]:
    """Newton's method for the weighted likelihood, and errors by the sandwich of units' scores."""
    table = respondents(PROVINCES)
    x, y = factors(table), table[outcome].astype("Float64")
    known = (x.notna().all(axis=1) & y.notna() & table["nationality"].isin(list(CALLED))).to_numpy()
    full = np.where(known[:, None], x.fillna(0).to_numpy(dtype=float), 0)
    w, y = np.where(known, table["weight"].to_numpy(dtype=float), 0), y.fillna(0).to_numpy(dtype=float)
    beta = np.zeros(full.shape[1])
    for _ in range(40):
        p = 1 / (1 + np.exp(-full @ beta))
        inverse = np.linalg.inv((full * (w * p * (1 - p))[:, None]).T @ full)
        beta = beta + inverse @ (full.T @ (w * (y - p)))
    influence = (full * (w * (y - p))[:, None]) @ inverse
    errors = [between_units(table, influence[:, place]) ** 0.5 for place in range(len(beta))]
    return pd.Series(beta, x.columns), pd.Series(errors, x.columns), full, w


def assert_ratio(cell: str, log_odds: float, error: float, degrees: int) -> None:
    ratio, low, high = (float(number) for number in ESTIMATE.match(cell).groups())  # type: ignore[union-attr]
    assert ratio == pytest.approx(np.exp(log_odds), abs=0.0051, rel=0.0005)
    # Limits lie about the logarithm; units left out one by one give nearly the error that linearisation gives.
    assert np.log([low, high]).mean() == pytest.approx(log_odds, abs=0.01)
    reach = stats.t.ppf(0.975, degrees) * error
    assert np.log(high / low) / 2 == pytest.approx(reach, rel=0.2)


@pytest.mark.parametrize(("outcome", "name"), [("child_labour", "child_labour"), ("working", "working")])
def test_odds_ratios_crude_and_adjusted_are_those_of_the_weighted_likelihood(outcome, name):
    table, page = respondents(PROVINCES), shown(PROVINCES)
    # One factor of two levels: the ratio of the odds of two weighted shares.
    turkish, syrian = (by_hand(table, table[outcome], of(table, code)) for code in CALLED)
    log_odds = np.log(syrian.estimate / (1 - syrian.estimate)) - np.log(turkish.estimate / (1 - turkish.estimate))
    scores = np.zeros(len(table))
    y, w = table[outcome].astype("Float64"), table["weight"].to_numpy(dtype=float)
    for code, hand, sign in (("TR", turkish, -1), ("SY", syrian, 1)):
        here = (of(table, code) & y.notna()).to_numpy()
        p = hand.estimate
        scores += sign * np.where(here, w * (y.fillna(0).to_numpy(dtype=float) - p), 0) / w[here].sum() / (p * (1 - p))
    row = {"Factor": "Nationality", "Level": "Syrian"}
    units = table["psu_id"].nunique() - table["stratum"].nunique()
    crude = page.cell(f"risk_factors_{name}", "Crude odds ratio", **row)
    assert_ratio(crude, log_odds, between_units(table, scores) ** 0.5, units - 1)
    beta, errors, _, _ = adjusted(outcome)
    named = {"Nationality": "syrian", "Out of school": "out_of_school", "Household in debt": "debt"}
    levels = [({"Factor": factor}, term) for factor, term in named.items()]
    levels += [({"Level": "15–17"}, "15-17"), ({"Factor": "Turkish spoken", "Level": "none"}, "none")]
    for level, term in levels:
        cell = page.cell(f"risk_factors_{name}", "Adjusted odds ratio", **level)
        assert_ratio(cell, beta[term], errors[term], units - 11)
    assert not [column for column in page.table(f"risk_factors_{name}") if "(n)" in column]


def test_percentage_points_are_what_the_model_expects_if_one_factor_alone_were_changed():
    beta, _, x, w = adjusted("child_labour")
    where = list(beta.index).index("out_of_school")
    expected = []
    for value in (0, 1):
        changed = x.copy()
        changed[:, where] = value
        expected.append((w / (1 + np.exp(-changed @ beta.to_numpy()))).sum() / w.sum())
    cell = shown(PROVINCES).cell("risk_factors_changes", "Percentage points (95 % limits)", Factor="Out of school")
    points, low, high = (float(number) for number in ESTIMATE.match(cell).groups())
    assert points == pytest.approx(100 * (expected[1] - expected[0]), abs=0.051)
    assert low < points < high


def test_official_figures_are_those_of_the_file_and_the_surveys_are_of_the_same_children():
    with open(catalog.RAW / "evidence/child_labour_benchmarks.csv", encoding="utf-8") as lines:
        published = {(row["measure"], row["sex"], row["age_low"], row["age_high"]): float(row["value"])
                     for row in csv.DictReader(lines)}  # fmt: skip
    page, table = shown_in_turkiye("turkiye"), respondents(PROVINCES)
    rows = page.table("official_figures")
    column = "This survey, Türkiye, 9 provinces, %"
    spelt = {"Employment rate": "employment_rate", "Share of working children": "share_of_working_children"}
    for row in rows[rows["Measure"].isin(list(spelt))].to_dict("records"):
        sex, ages = row["Sex"], row["Age"].split("–")
        assert row["Published, %"] == pytest.approx(published[(spelt[row["Measure"]], sex, *ages)], abs=0.051)
    working = table["working"].eq(True).fillna(False)
    hand = by_hand(table, table["sex"].eq("male"), of(table, "TR") & working)
    said = page.cell("official_figures", column, Measure="Share of working children", Sex="male")
    assert_prints(said, hand, hand.limits_of_a_share())
    hand = by_hand(table, table["attends_school"], of(table, "TR") & working)
    said = page.cell("official_figures", column, Measure="Attending education")
    assert_prints(said, hand, hand.limits_of_a_share())
    # Of whom no protected table counts the paid, none is told.
    assert set(page.table("official_figures", Measure="Paid work")[column]) == {"suppressed"}


@pytest.mark.parametrize("area_id", [FIG, PROVINCES])
def test_no_figure_of_a_place_that_exists_stands_with_the_synthetic_survey(area_id):
    page, place = shown(area_id), areas.get(area_id)
    assert "official_figures" not in page.exhibits and risk_sample.published(place).empty
    denominators = page.exhibits["denominators"]
    assert set(denominators.table["Kind"]) == {"SYNTHETIC"}
    assert set(denominators.table["Where"]) == {"Fig" if area_id == FIG else "Demonstration provinces, 9 provinces"}
    assert "public" not in denominators.show().data
    assert all(not exhibit.source_ids for exhibit in page.exhibits.values())


def test_denominators_keep_public_registers_and_the_synthetic_survey_apart():
    page, table = shown_in_turkiye("TR-27"), respondents(FIG)
    with open(catalog.RAW / "evidence/turkiye_facts.csv", encoding="utf-8") as lines:
        facts = [row for row in csv.DictReader(lines) if row["area_id"] == "TR-27"]
    # The latest exact figure: a later one is "more than 325,000", rounded.
    counts = [row for row in facts if row["indicator"] == "syrians_temporary_protection"]
    syrians = max((row for row in counts if row["value_qualifier"] == "exact"), key=lambda row: row["date_low"])
    (row,) = page.table("denominators", What="Syrians under temporary protection").to_dict("records")
    assert (row["Persons"], row["Kind"]) == (f"{int(syrians['low']):,}", "public")
    weights = np.where(of(table, "SY"), table["weight"].to_numpy(dtype=float), 0)
    (row,) = page.table("denominators", What="Syrian children of 5–17 years represented by the sample").to_dict(
        "records"
    )
    printed = [float(number.replace(",", "")) for number in ESTIMATE.match(row["Persons"]).groups()]
    units = table[of(table, "SY")]
    degrees = units["psu_id"].nunique() - units["stratum"].nunique()
    reach = stats.t.ppf(0.975, degrees) * between_units(table, weights) ** 0.5
    total = weights.sum()
    assert printed == pytest.approx([total, total - reach, total + reach], abs=501) and row["Kind"] == "SYNTHETIC"
    assert set(page.table("denominators")["Kind"]) == {"public", "SYNTHETIC"}
    assert (
        page.exhibits["denominators"].synthetic_part
        == "only the figures of the survey are synthetic; the others are public."
    )
    # A register counts all ages, which the page says.
    assert "all ages" in page.exhibits["denominators"].limits


# Nothing on few children


def few_are_kept(page: Page) -> int:
    """Raise where few children have an estimate, or fewer than 11 children are shown; count what is suppressed."""
    suppressed = 0
    for name, exhibit in page.exhibits.items():
        if exhibit.effective_class == "internal":
            continue
        table = printed(exhibit.table)
        suppressed += few_are_released(exhibit)
        asked = [column for column in table if re.search(r"(Children asked|Asked) \(n\)$", str(column))]
        counts = [column for column in table if re.match(r"(With|Of those asked)", str(column))]
        for row in table.to_dict("records"):
            said = [str(value) for value in row.values()]
            suppressed += sum(cell.startswith("suppressed") for cell in said)
            for column in counts:
                number = str(row[column]).replace(",", "")
                assert number == "suppressed" or int(number) == 0 or int(number) >= K, (name, row)
            numbers = [str(row[column]).replace(",", "") for column in asked]
            assert all(number in ("suppressed", f"<{FEW}") or int(number) >= FEW for number in numbers), (name, row)
            shares = [str(row[column]) for column in table if str(column).startswith(("Share", "Go without, %"))]
            if {"suppressed", f"<{FEW}"} & {*numbers, *(str(row[column]) for column in counts)}:
                assert set(shares) <= {"suppressed"}, (name, row)
            for cell in said:
                assert not re.search("imprecise|suppressed", cell) or re.fullmatch(
                    rf"{ESTIMATE.pattern} imprecise|suppressed.*|.*suppressed: .*", cell
                ), cell
    for name, drawn, options in page.drawn:
        reasons = (
            drawn[options["reason"]].astype(object).fillna("") if "reason" in options else pd.Series("", drawn.index)
        )
        hidden = reasons.astype(str).str.startswith("suppressed")
        measure = options.get("estimate", options.get("value"))
        numbers = drawn[[measure, *options.get("interval", ("low", "high"))]].astype(float)
        # No share is drawn of what is suppressed; and of what is drawn, what is imprecise is marked.
        assert numbers[hidden].isna().all(axis=None) and (numbers.empty or numbers.notna().any(axis=None)), name
        if name == "dots":
            for said in drawn.loc[~hidden & drawn[options["text"]].ne(""), options["text"]]:
                *with_it, asked_of = (int(number.replace(",", "")) for number in said.split(" of "))
                assert asked_of >= FEW and not any(0 < count < K for count in with_it), said
            marked = drawn[options["hollow"]] if "hollow" in options else pd.Series(True, drawn.index)
            careful = drawn["flag"].eq("imprecise") & drawn[measure].notna()
            assert marked[careful].all()
        elif name == "forest":
            # Numbers of children stand beside no odds ratio.
            assert "text" not in options
    return suppressed


def few_are_released(exhibit: Exhibit) -> int:
    """Raise where the file beside the page has a number that the page suppresses; count the suppressed rows."""
    rows = exhibit.table.released if isinstance(exhibit.table, Table) else pd.DataFrame()
    hidden = pd.Series(False, rows.index)
    for flag in [name for name in rows if name.endswith("flag")]:
        share = flag.removesuffix("flag") + "percent" if flag != "flag" else "share_percent"
        suppressed = rows[flag].eq("suppressed")
        numbers = [name for name in rows if name.startswith(share) or (flag == "flag" and name in OF_A_SHARE)]
        assert len(numbers) >= 3 and rows.loc[suppressed, numbers].isna().all(axis=None), (exhibit.name, flag)
        hidden |= suppressed
    if "caution" in rows:
        hidden |= rows["caution"].str.startswith("suppressed")
        assert rows.loc[hidden, [name for name in rows if name.startswith(("crude", "adjusted"))]].isna().all(axis=None)
    for counts, least in (("cases", K), ("n", FEW)):
        known = rows[counts].dropna() if counts in rows else pd.Series(dtype=int)
        assert (known.ge(least) | known.eq(0)).all(), (exhibit.name, counts)
    return int(hidden.sum())


@pytest.mark.parametrize("area_id", PLACES)
def test_no_estimate_stands_on_few_children_and_no_count_of_few_is_printed(area_id):
    assert few_are_kept(shown(area_id)) > 0


def test_of_twenty_children_a_stratum_all_is_withheld_for_a_province_and_less_for_the_study():
    survey = committed()
    few = replace(survey, respondents=survey.respondents.groupby("stratum").head(20))
    province, study = run(WILLOW, few), run(PROVINCES, few, pictures=False)
    few_are_kept(province)
    assert few_are_kept(study) > 20
    cells = province.table("survey_children").iloc[:, 2:].to_numpy().ravel()
    assert set(cells) == {"suppressed"}
    assert all("(n = <25)" in str(column) for column in province.table("survey_children").columns[2:])
    for name in ("outcomes_prevalence", "survey_vulnerabilities", "protection_gap", "protection_help"):
        assert province.exhibits[name].table.empty and "Every number is suppressed" in province.exhibits[name].limits
    assert ESTIMATE.search(" ".join(study.table("outcomes_prevalence").astype(str).to_numpy().ravel()))
    assert province.table("denominators").empty
    there = run_in_turkiye("TR-79", few)
    assert list(there.table("denominators")["Kind"]) == ["public", "public"]


@cache
def odds_ratios(area_id: str, outcome: str) -> pd.DataFrame:
    """Odds ratios that may be released, of any area, as the page of a study prints them."""
    with surveyed(committed()):
        return risk_factors.ratio_table(odds_ratios_of(areas.get(area_id), outcome)).printed


@cache
def percentage_points(area_id: str) -> pd.DataFrame:
    with surveyed(committed()):
        place = areas.get(area_id)
        model = attempt(risk_factors.with_factors, risk_survey.asked_of(place))
        fit = attempt(logistic_regression, model, "child_labour", list(risk_factors.FACTORS))
        effects = attempt(LogisticRegression.marginal_effects, fit)
        ratios = odds_ratios_of(place, "child_labour")
        points = attempt(risk_factors.points_table, attempt(risk_factors.percentage_points, effects, ratios))
        return pd.DataFrame() if isinstance(points, NoResult) else points


def test_the_page_of_the_study_shows_the_odds_ratios_that_findings_state():
    pd.testing.assert_frame_equal(odds_ratios(PROVINCES, "working"), shown(PROVINCES).table("risk_factors_working"))
    pd.testing.assert_frame_equal(percentage_points(PROVINCES), shown(PROVINCES).table("risk_factors_changes"))


def test_a_factor_of_few_children_has_neither_an_odds_ratio_nor_percentage_points():
    suppressed = 0
    for area_id in PLACES:
        rows, changed = odds_ratios(area_id, "child_labour"), percentage_points(area_id)
        table = respondents(area_id)
        changed = changed.set_index(["Factor", "Level"]) if len(changed) else None
        for row in rows.to_dict("records"):
            said = row.get("Caution", "")
            if not said:
                assert ESTIMATE.fullmatch(row["Crude odds ratio"]) and ESTIMATE.fullmatch(row["Adjusted odds ratio"])
            else:
                assert said.startswith("suppressed: ") or said == "not estimable"
                assert row["Adjusted odds ratio"] == "not shown"
                suppressed += said.startswith("suppressed: ")
                assert not said.startswith("suppressed: ") or row["Crude odds ratio"] == "not shown"
                if changed is not None:
                    points = changed.loc[(row["Factor"], row["Level"]), "Percentage points (95 % limits)"]
                    assert points in ("suppressed", "not estimable")
            column = {"Household in debt": "debt", "Separated from both parents": "separated"}.get(row["Factor"])
            if column:
                here = table[table["nationality"].isin(list(CALLED)) & table["child_labour"].notna()]
                counts = here.groupby([here[column].astype("boolean"), here["child_labour"].astype(bool)]).size()
                assert counts.min() >= K or said, (area_id, row)
    assert suppressed > 0


def test_why_an_odds_ratio_is_withheld_says_nothing_of_how_many_children_there_are():
    """Of 24 separated children at most, 15 of them Syrian as the tables tell, at most nine would be Turkish."""
    for area_id in PLACES:
        for outcome in ("child_labour", "working"):
            rows = odds_ratios(area_id, outcome)
            reasons = set(rows["Caution"]) if "Caution" in rows else set()
            assert reasons <= {"", "not estimable", "suppressed: few children with or without it"}


# Nothing but protected numbers leaves


def test_every_number_of_children_on_the_page_is_that_of_the_protected_tables():
    more = {name: table.assign(count=table["count"] + 100_000) for name, table in protected("demo_provinces").items()}
    page, before = run(PROVINCES, pictures=False, counts=more), shown(PROVINCES)
    changed = 0
    for name, exhibit in page.exhibits.items():
        if exhibit.effective_class == "internal":
            continue
        for column in printed(exhibit.table):
            if str(column).endswith("(n)"):
                pairs = zip(printed(exhibit.table)[column], before.table(name)[column], strict=True)
                for now, then in pairs:
                    # A cell in which nobody stands is in no table.
                    assert (now == then and now in ("suppressed", "0")) or int(now.replace(",", "")) >= 100_000, (
                        name,
                        column,
                    )
                    changed += 1
        assert not re.search(r"\b(7,295|5,235|2,060)\b", exhibit.alt + exhibit.limits + exhibit.title), name
    assert changed > 100
    # 5,235 Turkish and 2,060 Syrian children were asked.
    table = respondents(PROVINCES)
    assert (of(table, "TR").sum(), of(table, "SY").sum()) == (5235, 2060)
    assert "207,295 Turkish and Syrian children asked" in page.texts[1] and not re.search(r"\b7,295", page.texts[1])


def test_without_a_number_in_the_protected_tables_no_share_leaves_and_estimates_of_models_do():
    none = {
        name: table.assign(count=pd.NA).astype({"count": "Int64"})
        for name, table in protected("demo_provinces").items()
    }
    here, there = run(PROVINCES, pictures=False, counts=none), run_in_turkiye("turkiye", committed(), counts=none)
    for page in (here, there):
        for name, exhibit in page.exhibits.items():
            of_children = name not in ("outcomes_defined", "survey_sample", "denominators")
            if exhibit.effective_class == "protected" and of_children:
                own = printed(exhibit.table).drop(columns=["Published, %", "Simulated, %"], errors="ignore")
                assert not ESTIMATE.search(" ".join(own.astype(str).to_numpy().ravel())), name
            if exhibit.effective_class == "estimate":
                pd.testing.assert_frame_equal(printed(exhibit.table), shown(PROVINCES).table(name))
        assert "suppressed Turkish and Syrian children asked" in page.texts[1]
    assert here.table("denominators").empty
    assert set(there.table("denominators")["Kind"]) == {"public"}
    assert len(there.table("official_figures")) > 10


@pytest.mark.soak
@pytest.mark.parametrize("area_id", PLACES)
def test_what_tells_of_each_question_visit_or_weight_stays_in_the_house(area_id):
    page = shown(area_id)
    inside = {"survey_missing", *(["survey_visits"] if area_id == PROVINCES else [])}
    assert {page.exhibits[name].effective_class for name in inside} == {"internal"}
    estimates = {name for name, exhibit in page.exhibits.items() if exhibit.effective_class == "estimate"}
    assert estimates <= {name for name in page.exhibits if name.startswith(("risk_factors", "planted_odds"))}
    # A figure goes where its table goes, and its footer counts as the tables do.
    for exhibit in page.exhibits.values():
        if exhibit.figure is not None:
            assert (
                exhibit.image().metadata["release_class"]
                == exhibit.effective_class
                == exhibit.show().metadata["release_class"]
            )


# What is synthetic says so


@pytest.mark.parametrize("area_id", PLACES)
def test_every_exhibit_says_that_the_survey_is_synthetic(area_id):
    page = shown(area_id)
    assert len(page.exhibits) == (20 if area_id == PROVINCES else 10)
    for exhibit in page.exhibits.values():
        assert exhibit.kind == "synthetic"
        table = exhibit.show().data
        assert re.search(r"SYNTHETIC · |\*No figure", table) and '<p class="synthetic">SYNTHETIC: ' in table
        assert any("(SYNTHETIC)" in citation for citation in exhibit.citations)
    assert page.texts[1].startswith("**SYNTHETIC: this survey describes no real child.**")
    assert any(text.startswith("- **SYNTHETIC.**") for text in page.texts)


@pytest.mark.soak
@pytest.mark.parametrize("area_id", [WILLOW, PROVINCES])
def test_every_picture_says_so_too_and_where_when_and_of_how_many(area_id):
    pictures = [exhibit for exhibit in run(area_id).exhibits.values() if exhibit.figure is not None]
    assert len(pictures) >= (8 if area_id == PROVINCES else 3)
    for exhibit in pictures:
        said = words(exhibit.figure)
        assert f"SYNTHETIC · {exhibit.title}" in said and ", synthetic · Period: fieldwork until 29 Apr 2023" in said
        assert re.search(r"n = [\d,]+ Turkish and Syrian children asked", said)
        assert not OF_A_PROGRAM.search(said), said
        image = exhibit.image()
        assert image.metadata["name"].endswith("_SYNTHETIC") and image.metadata["kind"] == "synthetic"
        assert len(exhibit.alt) > 60 and exhibit.title in exhibit.alt
    assert len({exhibit.alt for exhibit in pictures}) == len(pictures)
    assert Job("risk_factors", "demo_provinces", area_id).page.name == "risk_factors_SYNTHETIC.html"


@pytest.mark.soak
def test_a_survey_that_is_not_synthetic_carries_no_such_word():
    survey = replace(committed(), kind="public", title="Survey of children", publisher="A ministry")
    page = run(WILLOW, survey, pictures=False)
    # The cautions of the catalogue's own entry aside, which is synthetic.
    plain = (replace(exhibit, cautions=()).show().data for exhibit in page.exhibits.values())
    assert not re.search("SYNTHETIC|[Ss]ynthetic|invented", " ".join([*page.texts, *plain]))
    assert list(page.table("denominators")["Kind"]) == ["public"] * 2
    there = run_in_turkiye("TR-79", survey)
    assert not re.search("SYNTHETIC|[Ss]ynthetic|invented", " ".join([*there.texts, there.words]))
    assert list(there.table("denominators")["Kind"]) == ["public"] * 4
    assert "planted_prevalences" not in page.exhibits


@pytest.mark.parametrize("area_id", PLACES)
def test_a_page_is_in_words_and_no_table_repeats_itself(area_id):
    page = shown(area_id)
    for exhibit in page.exhibits.values():
        html = exhibit.show().data
        assert not OF_A_PROGRAM.search(re.sub(r'class="[^"]*"', "", html)), (
            exhibit.name,
            OF_A_PROGRAM.search(html),
        )
        place = "Demonstration provinces, 9 provinces" if area_id == PROVINCES else areas.get(area_id).name
        assert exhibit.title.startswith(f"{place}: ") and exhibit.limits.endswith(".")
        assert printed(exhibit.table).columns.is_unique and not printed(exhibit.table).duplicated().any()
        for cell in map(str, printed(exhibit.table).to_numpy().ravel()):
            assert not re.search(r"(?<![\d.])-0(\.0+)?(?![\d.])", cell), cell
            found = ESTIMATE.search(cell)
            if found:
                value, low, high = (float(number.replace(",", "")) for number in found.groups())
                assert low <= value <= high, cell
    titles = [exhibit.title for exhibit in page.exhibits.values()]
    assert len(set(titles)) == len(titles)


# Samples that stand for nobody else


def not_drawn(sampling: str) -> Survey:
    """The survey as the intake gives one that was not drawn by chance: without a frame, and with weights of one."""
    survey = committed()
    table = survey.respondents
    empty = dict.fromkeys(("psus_in_stratum", "households_in_psu", "households_sampled", "weight_base", "urban"), pd.NA)
    return replace(survey, sampling=sampling, respondents=table.assign(**empty, stratum=table["area_id"], weight=1.0))


@pytest.mark.soak
@pytest.mark.parametrize("area_id", [WILLOW, PROVINCES])
@pytest.mark.parametrize("sampling", ["purposive", "respondent_driven"])
def test_a_sample_not_drawn_by_chance_gives_counts_of_those_asked_and_no_estimate(area_id, sampling):
    page = run(area_id, not_drawn(sampling), pictures=sampling == "purposive")
    if area_id == PROVINCES:
        there = run_in_turkiye("turkiye", not_drawn(sampling))
        published = there.table("official_figures").drop(columns=["Published, %"])
        assert set(published.iloc[:, -1]) == {"no estimate"}
    for exhibit in page.exhibits.values():
        cells = " ".join(map(str, printed(exhibit.table).to_numpy().ravel()))
        assert not ESTIMATE.search(cells), exhibit.name
        assert not any(re.search("stand for|weight|Design effect", str(column)) for column in printed(exhibit.table))
        if exhibit.table.empty:
            assert "There is no " in exhibit.limits or "fewer than" in exhibit.limits, exhibit.name
    # What is drawn has no limits: how often an answer is not known, of those asked.
    ((name, drawn, _),) = page.drawn
    assert name == "dots" and drawn[["low", "high"]].isna().all(axis=None)
    word = sampling.replace("_", "-")
    assert f"The sample is {word}: " in page.texts[1] and not OF_A_PROGRAM.search(page.texts[1])
    assert "Report the counts of those asked; " in page.texts[1]
    assert f"The sample is {word}: " in page.exhibits["outcomes_prevalence"].limits
    table = respondents(area_id)
    for row in page.table("outcomes_counted").to_dict("records"):
        column = {"hazardous work": "hazardous_work", "child labour": "child_labour", "forced labour": "forced_labour",
                  "trafficking": "trafficked"}.get(row["Outcome"], row["Outcome"])  # fmt: skip
        answers = table[of(table, {name: code for code, name in CALLED.items()}[row["Children"]])][column]
        yes = answers.eq(True).fillna(False)
        wanted = {"yes": yes, "no, or not known": ~yes}[row["Answer"]]
        assert row["Of those asked (n)"] in (f"{wanted.sum():,}", "suppressed")
        assert row["Asked (n)"] == f"{len(answers):,}"


@pytest.mark.parametrize("area_id", [WILLOW, PROVINCES])
def test_counts_of_those_asked_do_not_tell_the_few_by_subtraction(area_id):
    page = run(area_id, not_drawn("purposive"), pictures=False)
    rows = page.table("outcomes_counted")
    hidden = 0
    for _, group in rows.groupby(["Outcome", "Children"]):
        cells = set(group["Of those asked (n)"])
        # All who were asked less the others would be the few: both are told, or neither.
        assert cells == {"suppressed"} or "suppressed" not in cells
        hidden += cells == {"suppressed"}
    assert (hidden > 0) == (area_id == WILLOW)


# Simulated, and found


def simulated_prevalences(area_id: str) -> pd.DataFrame:
    """Simulated and found prevalences of an area, as its page has them."""
    place, simulated = areas.get(area_id), list(risk_sample.SIMULATED)
    asked = risk_survey.asked_of(place)
    found = [attempt(SurveyDesign.proportion, asked, simulated, by=by, method="kish") for by in (None, "nationality")]
    shares = risk_survey.protected_shares(*found, place=place)
    return risk_sample.simulated_prevalences(place, risk_sample.truth(place), shares).table


def truth(**wanted: str) -> dict[str, float]:
    with open(catalog.RAW / "synthetic/demo_provinces/truth/survey_truth.csv", encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if all(row[name] == value for name, value in wanted.items())]
    return {row["term"] or row["domain"]: float(row["value"]) for row in rows}


def told_as_it_is(table: pd.DataFrame, simulated: str, found: str) -> list[bool]:
    """Whether each simulated value lies within its limits, after the table's own word was held against its numbers."""
    inside = []
    for row in table.to_dict("records"):
        _, low, high = (float(number) for number in ESTIMATE.match(row[found]).groups())
        inside.append(low <= row[simulated] <= high)
        near = min(abs(row[simulated] - low), abs(row[simulated] - high)) < 0.06
        assert near or row["Simulated truth within limits"] == ("yes" if inside[-1] else "no")
    return [said == "yes" for said in table["Simulated truth within limits"]]


def test_simulated_prevalences_and_odds_ratios_of_the_study_lie_within_their_limits_about_as_often_as_promised():
    page = shown(PROVINCES)
    shares, ratios = page.table("planted_prevalences"), page.table("planted_odds_ratios")
    assert len(shares) == 15 and len(ratios) == 11
    by_domain = truth(quantity="prevalence", outcome="child_labour", among="")
    for of_whom, domain in (("all children", "all"), ("Syrian children", "nationality=SY")):
        cell = page.cell("planted_prevalences", "Simulated, %", Outcome="child labour", Of=of_whom)
        assert float(cell) == pytest.approx(100 * by_domain[domain], abs=0.0051)
    by_term = truth(quantity="odds_ratio", outcome="working", among="")
    assert float(page.cell("planted_odds_ratios", "Simulated odds ratio", Factor="Out of school")) == pytest.approx(
        by_term["out_of_school=True"], abs=0.0051
    )
    hit = told_as_it_is(shares, "Simulated, %", "Found, % (95 % limits)")
    hit += told_as_it_is(ratios, "Simulated odds ratio", "Found, adjusted (95 % limits)")
    assert np.mean(hit) >= 0.8


def test_simulated_prevalences_of_nine_provinces_lie_within_their_limits_as_often_and_a_miss_is_told():
    with surveyed(committed()):
        table = pd.concat(
            [simulated_prevalences(area_id) for area_id in areas.ids("demo_provinces")], ignore_index=True
        )
    pd.testing.assert_frame_equal(simulated_prevalences(WILLOW), shown(WILLOW).table("planted_prevalences"))
    assert len(table) == 45
    hit = told_as_it_is(
        table[table["Found, % (95 % limits)"].str.contains(r"\(")], "Simulated, %", "Found, % (95 % limits)"
    )
    assert np.mean(hit) >= 0.8 and len(hit) > 10


# Surveys of other shapes


def variant(name: str) -> Survey:
    survey = committed()
    table = survey.respondents
    here = table["area_id"] == WILLOW
    unit = table.loc[table["stratum"] == "XDP-WILLOW TR", "psu_id"].iloc[0]
    kept = {
        "one nationality": table["nationality"].eq("SY"),
        "nobody works": ~table["working"].fillna(True).astype(bool),
        "one unit": table["stratum"].ne("XDP-WILLOW TR") | table["psu_id"].eq(unit),
        "nobody asked": ~here,
        "one child": ~here | table["respondent_id"].eq(table.loc[here, "respondent_id"].iloc[0]),
        "others only": ~here | table["nationality"].eq("other"),
    }  # fmt: skip
    if name in kept:
        return replace(survey, respondents=table[kept[name].fillna(False).to_numpy(dtype=bool)].reset_index(drop=True))
    needs = [column for column in table if column.startswith("need_")]
    got = [column for column in table if column.startswith("received_")]
    unknown = {column: pd.Series(pd.NA, table.index, dtype=table[column].dtype) for column in table}
    changed = {
        "nobody needs anything": {name: False for name in needs} | {name: unknown[name] for name in got},
        "nobody tells": {
            name: unknown[name] for name in [*needs, *got, "acts", "purposes", "debt", "coerced_by_employer"]
        },
        "no sector known": {name: unknown[name] for name in ("sector", "sector_group")},
    }
    return replace(survey, respondents=table.assign(**changed[name]))


@cache
def of_variant(name: str) -> Page:
    return run(WILLOW, variant(name), pictures=name in ("one nationality", "nobody tells", "one child"))


@cache
def of_one_province(name: str) -> Page:
    """The page of a study in which Willow alone was asked: it has the models of its children."""
    survey = variant(name)
    table = survey.respondents
    here = table[table["area_id"] == WILLOW].reset_index(drop=True)
    return run(PROVINCES, replace(survey, respondents=here), pictures=False)


@pytest.mark.soak
@pytest.mark.parametrize(
    ("name", "exhibit", "reason"),
    [
        ("one nationality", "risk_factors_sectors", "25 Turkish and 25 Syrian children at work"),
        ("nobody works", "outcomes_forms", "None of the children asked here is of the group in question"),
        ("nobody works", "risk_factors_working", "No odds ratio can be shown"),
        ("one unit", "outcomes_prevalence", "one PSU only, so that its variance is not known"),
        ("nobody asked", "survey_children", "The survey asked no child in Willow"),
        ("one child", "outcomes_prevalence", "one PSU only, so that its variance is not known"),
        ("others only", "survey_children", "None of the children asked here is of the group in question"),
        ("nobody needs anything", "", ""),
        ("nobody tells", "", ""),
        ("no sector known", "risk_factors_sectors", "how they compare is suppressed"),
    ],
)
def test_a_page_of_a_survey_of_any_shape_says_what_cannot_be_shown_and_why(name, exhibit, reason):
    page = of_variant(name)
    # Where no question was put to enough children, a sentence stands for the answers that are not known.
    assert len({*page.exhibits, "survey_missing"}) >= 10
    few_are_kept(page)
    of_study = exhibit.startswith(("risk_factors", "outcomes_forms"))
    if of_study:
        few_are_kept(of_one_province(name))
    for made in [*page.exhibits.values(), *(of_one_province(name).exhibits.values() if of_study else [])]:
        said = re.sub(r'class="[^"]*"', "", made.show().data) + made.limits
        assert not OF_A_PROGRAM.search(said), (made.name, OF_A_PROGRAM.search(said))
    if exhibit:
        found = (of_one_province(name) if of_study else page).exhibits[exhibit]
        assert found.table.empty and found.figure is None and reason in found.limits
        assert f"*No figure: {found.limits}*" == found.parts()[0].data
    if name == "nobody asked":
        assert "0 Turkish and Syrian children asked in Willow, of 5–17 years." in page.texts[1]
        assert page.table("denominators").empty
        there = run_in_turkiye("TR-79", variant(name))
        assert list(there.table("denominators")["Kind"]) == ["public", "public"]
    if name == "nobody needs anything":
        assert list(page.table("protection_help")["What"].str[:5].unique()) == ["Knows"]
        assert page.table("protection_gap")["Go without, %"].str.startswith("0.0 (0.0–").all()


@pytest.mark.soak
def test_a_study_in_which_one_province_was_not_asked_speaks_of_eight():
    page = run(PROVINCES, variant("nobody asked"), pictures=False)
    assert all(exhibit.title.startswith("Demonstration provinces, 8 provinces: ") for exhibit in page.exhibits.values())
    assert (
        "children asked in Demonstration provinces, 8 provinces, of" in page.texts[1]
        and len(page.table("survey_sample")) == 16
    )


@pytest.mark.soak
def test_a_model_that_cannot_be_fitted_says_so_in_words_that_are_no_programs():
    page = run(PROVINCES, variant("nobody works"), pictures=False)
    text = page.exhibits["risk_factors_changes"].limits
    assert "no maximum-likelihood estimate" in text and "Firth's penalised likelihood" in text
    assert "who has 'child labour'" in text and not OF_A_PROGRAM.search(text)
