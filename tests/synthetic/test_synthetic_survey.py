"""The synthetic survey: its truth is that of the population, and the intake gives back exactly what was simulated."""

from __future__ import annotations

import datetime
import time

import numpy as np
import pandas as pd
import pytest
from scipy import special

from analysis import areas, catalog
from analysis.methods.outcomes import outcomes
from analysis.survey import sample
from analysis.survey.intake import columns, intake
from tools.synthetic.survey import files, injected_errors, population, simulated_truth, survey
from tools.synthetic.survey.true_values import among, formulas, modelled

LAST = datetime.date.fromisoformat(files.LAST_DAY)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("survey")
    (made / "truth").mkdir()
    return made


@pytest.fixture(scope="module")
def written(folder):
    return files.write(folder, "make synthetic ARGS=demo_provinces")


@pytest.fixture(scope="module")
def read(folder, written):
    """What the intake makes of the written export and frame."""
    frame = sample.checked_frame(pd.read_csv(folder / files.FRAME, dtype=str))
    return intake(folder / files.EXPORT, frame, last=LAST)


@pytest.fixture(scope="module")
def large():
    """A survey large enough for its shares to be near the true ones."""
    return survey(11, psus=240, households=8)


def _true(table, quantity, outcome, domain="all", among_="", term=""):
    found = table[
        (table["quantity"] == quantity) & (table["outcome"] == outcome) & (table["domain"] == domain)
        & (table["among"] == among_) & (table["term"] == term)
    ]  # fmt: skip
    assert len(found) == 1
    return found["value"].iloc[0]


# --- Truth -----------------------------------------------------------------------------------------------------------


# TÜİK, Child Labour Force Survey 2019, as in data/raw/evidence/child_labour_benchmarks.csv.
@pytest.mark.parametrize(
    ("outcome", "domain", "among_", "share"),
    [
        ("working", "nationality=TR", "", 0.044),
        ("age_group=5-11", "nationality=TR", "working", 0.044),
        ("age_group=12-14", "nationality=TR", "working", 0.159),
        ("age_group=15-17", "nationality=TR", "working", 0.797),
        ("sex=male", "nationality=TR", "working", 0.706),
        ("sector_group=agriculture", "nationality=TR", "working", 0.308),
        ("sector_group=industry", "nationality=TR", "working", 0.237),
        ("sector_group=services", "nationality=TR", "working", 0.455),
        # 65.7 % of the working attend school.
        ("out_of_school", "nationality=TR", "working", 0.343),
        # Syrian boys in paid work, Turkey Demographic and Health Survey 2018 (IZA DP 14466).
        ("paid_work", "nationality=SY, sex=male, age_group=12-14", "", 0.174),
        ("paid_work", "nationality=SY, sex=male, age_group=15-17", "", 0.451),
    ],
)
def test_the_population_agrees_with_every_public_benchmark(written, outcome, domain, among_, share):
    assert _true(written.survey.truth, "prevalence", outcome, domain, among_) == pytest.approx(share, abs=1e-9)


def test_children_of_a_province_are_a_share_of_its_inhabitants_and_of_the_displaced(written):
    # Alder: 2,300,000 inhabitants x 16,457,000 / 84,680,273 + 260,000 displaced x 0.33 = 532,787; whole units only.
    found = _true(written.survey.truth, "children", "", "area_id=XDP-ALDER")
    assert found == pytest.approx(2_300_000 * 16_457_000 / 84_680_273 + 260_000 * 0.33, abs=150)


def test_the_parts_of_a_population_make_up_the_whole(written):
    table = written.survey.truth
    for outcome in ("working", "child_labour", "trafficked"):
        whole = _true(table, "prevalence", outcome) * _true(table, "children", "")
        for trait, values in {"area_id": areas.ids("demo_provinces"), "sex": ("female", "male")}.items():
            parts = [
                _true(table, "prevalence", outcome, f"{trait}={value}")
                * _true(table, "children", "", f"{trait}={value}")
                for value in values
            ]
            assert sum(parts) == pytest.approx(whole, rel=1e-12)


def test_odds_ratios_are_those_of_the_chances(written):
    # By hand: odds of a chance are p / (1 - p); a Syrian girl of 15 beside a Turkish one, all else at its reference.
    plan = simulated_truth.solved()
    base = {trait: np.array([value]) for trait, value in plan.working.reference.items()}
    for trait, value in (("nationality", "SY"), ("debt", True), ("turkish", "none"), ("age_group", "15-17")):
        odds = [special.logit(plan.working.chance({**base, **more})[0]) for more in ({}, {trait: np.array([value])})]
        simulated_ratio = _true(written.survey.truth, "odds_ratio", "working", term=f"{trait}={value}")
        assert np.exp(odds[1] - odds[0]) == pytest.approx(simulated_ratio, rel=1e-9)
    assert _true(written.survey.truth, "odds_ratio", "working", term="out_of_school=True") == 6.0


def test_a_large_sample_has_the_true_prevalences(large):
    found = modelled(large.respondents)
    weight = found["weight"].to_numpy(dtype=float)
    for outcome in ("working", "out_of_school", "child_labour", "forced_labour", "trafficked"):
        for domain, inside in {
            "all": np.ones(len(found), bool),
            "nationality=SY": (found["nationality"] == "SY").to_numpy(),
            "area_id=XDP-PINE": (found["area_id"] == "XDP-PINE").to_numpy(),
        }.items():
            y = found[outcome].to_numpy(dtype=float, na_value=np.nan)
            known = inside & ~np.isnan(y)
            share = np.average(y[known], weights=weight[known])
            true = _true(large.truth, "prevalence", outcome, domain)
            # Four binomial standard errors of the true share with these weights; seven children of a unit correlated by
            # at most 0.05 make the variance 1 + 6 x 0.05 = 1.3 times as large.
            error = np.sqrt(1.3 * true * (1 - true) * (weight[known] ** 2).sum()) / weight[known].sum()
            assert abs(share - true) < 4 * error


def test_clusters_leave_the_margin_as_it_is():
    # Scores of one PSU are correlated by 0.05, as population.WITHIN_PSU says, and standard normal each.
    random = np.random.default_rng(1)
    psu = np.repeat(np.arange(100_000), 2)
    found = population.scores(psu, random).reshape(-1, 2)
    assert np.corrcoef(found.T)[0, 1] == pytest.approx(0.05, abs=4 / np.sqrt(100_000))
    assert found.std() == pytest.approx(1, abs=0.01)
    assert found.mean() == pytest.approx(0, abs=0.01)


def test_steps_drawn_and_enumerated_agree():
    # Two traits by hand: half are a, of whom 0.2 are c; of b 0.6 are c. So 0.1, 0.4, 0.3, 0.2.
    steps = (
        population.Step("first", ("a", "b"), lambda cells: np.full((len(cells["given"]), 2), 0.5)),
        population.yes_no("c", lambda cells: np.where(cells["first"] == "a", 0.2, 0.6)),
    )
    cells, weight = population.enumerated(steps, {"given": np.array(["x"])}, np.array([10.0]))
    shares = dict(zip(zip(cells["first"], cells["c"], strict=True), weight, strict=True))
    assert shares == pytest.approx({("a", True): 1.0, ("a", False): 4.0, ("b", True): 3.0, ("b", False): 2.0})
    n = 200_000
    drawn = population.drawn(steps, {"given": np.full(n, "x")}, np.arange(n) // 10, np.random.default_rng(2))
    for (first, c), expected in shares.items():
        assert np.mean((drawn["first"] == first) & (drawn["c"] == c)) == pytest.approx(expected / 10, abs=0.005)


@pytest.mark.slow
def test_models_have_the_simulated_terms():
    table = modelled(survey(5).respondents)
    for outcome, formula in formulas().items():
        inside = table[among(table, outcome).fillna(False).astype(bool)]
        assert formula.startswith(f"{outcome} ~ nationality + ")
        assert inside["nationality"].cat.categories[0] == "TR"
        # Answers that are not put to all leave nobody out: what is missing is not known.
        assert inside[["turkish"]].isna().mean().item() < 0.02
    assert "nationality:sector_group" in formulas()["forced_labour"]


# --- The survey in memory --------------------------------------------------------------------------------------------


def test_another_seed_is_another_sample_and_the_same_seed_the_same():
    one, again, other = (survey(seed, psus=4, households=3).respondents for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, again)
    assert not one.equals(other)


def test_respondents_have_every_column_of_the_intake():
    made = survey(1, psus=2, households=2)
    assert list(made.respondents) == list(columns())
    # No answer contradicts another: outcomes are decided without a complaint.
    assert len(outcomes(made.respondents)) == len(made.respondents)


def test_no_child_under_12_gives_an_answer_that_the_form_does_not_offer_it(large):
    young = large.respondents[large.respondents["age"] < 12]
    older = large.respondents[large.respondents["age"] >= 12]
    kept = ("SexualExploitation", "OrganRemoval", "Surrogacy")
    assert not young["purposes"].str.contains("|".join(kept)).any()
    assert older["purposes"].str.contains("SexualExploitation").any()
    # Those who are trafficked name other purposes.
    trafficked = outcomes(young)["trafficked"].fillna(False)
    assert trafficked.sum() > 10 and (young.loc[trafficked, "purposes"] != "none").all()


def test_simulated_outcomes_are_nested():
    found = outcomes(survey(7).respondents)
    forced = found["forced_labour"].fillna(False)
    assert forced.sum() > 0
    assert found.loc[forced, "child_labour"].all()
    assert found.loc[forced, "working"].dropna().all()


@pytest.mark.parametrize(("psus", "households"), [(1, 12), (10_000, 12), (24, 0), (24, 49)])
def test_a_design_that_cannot_be_is_refused(psus, households):
    with pytest.raises(ValueError, match="asked for"):
        survey(1, psus, households)


@pytest.mark.slow
def test_a_survey_is_drawn_in_a_moment():
    survey(1)
    began = time.perf_counter()
    survey(2)
    # 0.12 s where nothing else runs.
    assert time.perf_counter() - began < 1


# --- Export and intake -----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_files_are_written_again_byte_for_byte(folder, written, tmp_path):
    (tmp_path / "truth").mkdir()
    files.write(tmp_path, "make synthetic ARGS=demo_provinces")
    names = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    assert len(names) == 5
    assert [str(name) for name in names if (folder / name).read_bytes() != (tmp_path / name).read_bytes()] == []


def test_names_of_files_and_titles_say_synthetic(folder, written):
    assert "SYNTHETIC" in files.EXPORT and "SYNTHETIC" in files.FRAME and "SYNTHETIC" in files.DESCRIPTION
    assert "(SYNTHETIC)" in (folder / files.DESCRIPTION).read_text(encoding="utf-8")
    assert written.survey.respondents["respondent_id"].str.startswith("SYNTHETIC").all()


def test_every_injected_error_is_in_quarantine_by_its_rule_and_nothing_else_is(read, written):
    ledger = injected_errors.table(written.errors)
    expected = ledger[ledger["expect"] == injected_errors.QUARANTINE]
    found = {tuple(row) for row in read.quarantine[["row", "column", "rule"]].itertuples(index=False)}
    assert found == {tuple(row) for row in expected[["row", "column", "rule"]].itertuples(index=False)}
    assert expected["planted"].nunique() >= 18


def test_every_kind_of_error_is_injected(written):
    assert {kind.name for kind in injected_errors.KINDS} < set(injected_errors.table(written.errors)["planted"])


def test_the_intake_gives_back_exactly_what_was_answered(read, written):
    ledger = injected_errors.table(written.errors)
    # Of a form that was sent twice the first one holds.
    left = ledger[
        ledger["expect"].isin([injected_errors.QUARANTINE, injected_errors.NO_CONSENT])
        & (ledger["rule"] != "duplicate")
    ]
    expected = written.survey.respondents
    expected = expected[~expected["respondent_id"].isin(left["uuid"])].reset_index(drop=True)
    for line in ledger[ledger["expect"] == injected_errors.NOT_KNOWN].itertuples():
        expected.loc[expected["respondent_id"] == line.uuid, line.column] = pd.NA
    # What the weights are is another test.
    weights = ["weight", "weight_base", "households_sampled"]
    pd.testing.assert_frame_equal(
        read.respondents.drop(columns=weights), expected.drop(columns=[*weights]), check_dtype=True
    )


def test_weights_stand_for_the_children_of_each_stratum(read, written):
    by_stratum = read.respondents.groupby("stratum")["weight"].sum().astype(float)
    true = {place.name: place.children for place in simulated_truth.solved().strata}
    # Hundreds of households a stratum, whose numbers of children have a coefficient of variation of 0.5: 3 %, and
    # that of the units' sizes; four of them.
    assert (np.abs(by_stratum / pd.Series(true) - 1) < 0.14).all()
    assert by_stratum.sum() == pytest.approx(sum(true.values()), rel=0.1)


@pytest.mark.slow
def test_what_must_leave_the_file_nowhere_is_nowhere(read, folder):
    assert injected_errors.CANARY in (folder / files.EXPORT).read_text(encoding="utf-8")
    for table in (read.respondents, read.refusals, read.quarantine, read.account):
        assert injected_errors.CANARY not in table.to_csv()
    assert len(read.undeclared) == 1


def test_rows_of_the_file_are_all_accounted_for(read, written):
    rows = read.account[read.account["question"] == ""].set_index("outcome")["rows"]
    ledger = injected_errors.table(written.errors)
    twice = ledger[(ledger["rule"] == "duplicate") | (ledger["rule"] == "uuid")]
    # Each repeat is a row more; of two that differ both are listed.
    assert rows["read"] == len(written.survey.visits.outcome) + len(twice) - (ledger["rule"] == "uuid").sum() // 2
    assert rows["answers_left_out"] == (ledger["expect"] == injected_errors.NO_CONSENT).sum() == 2


# --- The committed folder --------------------------------------------------------------------------------------------


def test_the_committed_survey_is_the_one_that_is_written(folder, written):
    committed = catalog.RAW / "synthetic" / "demo_provinces"
    for path in folder.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (committed / path.relative_to(folder)).read_bytes(), path.name
    table = catalog.load("synthetic_demo_provinces_truth_survey_truth")
    assert len(table) == len(written.survey.truth)
    assert _true(table, "prevalence", "working", "nationality=TR") == 0.044
    assert {"planted", "solved from benchmarks", "benchmark: TUIK_CLFS_2019"} < set(table["how"])
