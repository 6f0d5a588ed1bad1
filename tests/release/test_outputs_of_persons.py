"""The list of all that follows from persons is whole, and one person more or less changes nothing that it may not.

The list is `docs/reference/outputs_of_persons.md`. It is compared with the code: with every function that gives an
output of persons its release class, every module that reads persons, and what the notebooks show. Then somebody is
erased from the lists, added to them or changed, while the protected tables stay, as they do until eleven persons came
or went: what is public or protected must be the same to the byte, and what is an estimate must keep its rule.
"""

from __future__ import annotations

import ast
import hashlib
import importlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from risk_estimates import odds_ratios_of

import capture_recapture
from analysis import areas, catalog, data_read, disclosure, jobs
from analysis.batch import status
from analysis.batch.products import BatchError
from analysis.cases import processed
from analysis.cases.processed import CaseRecords
from analysis.cases.record_linkage import capture_histories
from analysis.exhibits import (
    NoResult,
    attempt,
    case_records,
    common_years,
    estimates_by_stratum,
    exhibit,
    multiple_systems,
    record_counts,
    record_paths,
    risk_factors,
    risk_survey,
    rounded_estimates,
)
from analysis.exhibits import time_to_referral as days
from analysis.exhibits.attempt import _computed
from analysis.exhibits.exhibit import ESTIMATE, INTERNAL, PROTECTED, PUBLIC, Exhibit
from analysis.findings import collected, finding
from analysis.jobs import CaseTables, Job
from analysis.referral.time_to_referral import time_to_referral
from analysis.release import descriptions, publish
from analysis.release.outcome import Audit
from analysis.report.pages import RELEASED
from analysis.survey import processed as survey_processed
from analysis.survey.processed import Survey

ROOT = catalog.ROOT
PAGE = ROOT / "docs" / "reference" / "outputs_of_persons.md"
CLASSES = (PUBLIC, PROTECTED, ESTIMATE, INTERNAL)
# Modules from which all persons are read.
OF_PERSONS = ("analysis.cases.processed", "analysis.survey.processed", "analysis.release_register")
# They pass on whatever class they are given.
PASS_ON = ("analysis.exhibits.exhibit", "analysis.plots.style", "analysis.plots.interactive_flow_map")
JADE, ISLANDS, FIG, PROVINCES = (areas.get(name) for name in ("XIC-JADE", "demo_islands", "XDP-FIG", "demo_provinces"))

synthetic_lists = pytest.mark.skipif(
    any(catalog.case_kind(study) != "synthetic" for study in ("demo_islands", "demo_provinces")),
    reason="a demonstration has lists of its own here",
)
synthetic_survey = pytest.mark.skipif(
    catalog.survey_kind("demo_provinces") != "synthetic", reason="the demonstration has a survey of its own here"
)


# The list


@dataclass(frozen=True)
class Row:
    """One row of the list: what is shown, who makes it, its class, its rule, and the tests that attack it."""

    output: str
    made_by: tuple[str, ...]
    release_class: str
    rule: str
    tests: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(inline(self.output))


def inline(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


@cache
def rows() -> tuple[Row, ...]:
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 5 and cells[0] != "output" and not set(cells[0]) <= set("-"):
            output, made_by, release_class, rule, tests = cells
            found.append(Row(output, tuple(inline(made_by)), release_class, rule, tuple(inline(tests))))
    return tuple(found)


def named() -> set[str]:
    """All functions and modules that the page names, those among them that only give others their class."""
    return {text for text in inline(PAGE.read_text(encoding="utf-8")) if text.startswith("analysis.")}


@cache
def trees() -> dict[str, ast.Module]:
    """The modules of the library."""
    source = ROOT / "src"
    paths = {
        ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sorted((source / "analysis").rglob("*.py"))
    }
    return {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in paths.items()}


def imported(tree: ast.AST) -> dict[str, str]:
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
        elif isinstance(node, ast.Import):
            found |= {each.asname or each.name: each.name for each in node.names}
    return found


def is_public(given: ast.expr) -> bool:
    return (isinstance(given, ast.Name) and given.id == "PUBLIC") or (
        isinstance(given, ast.Constant) and given.value in (PUBLIC, "")
    )


def gives_a_class(function: ast.FunctionDef) -> bool:
    """Whether a function states a release class that is not public, or makes an exhibit of persons of some kind."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else ""
            stated = [each.value for each in node.keywords if each.arg == "release_class"]
            stated += [each for each in node.args if isinstance(each, ast.Name) and each.id in CLASSES_BY_NAME]
            stated += node.args[1:2] if called in ("said", "as_output") else []
            of_kind = called == "Exhibit" and any(each.arg == "kind" for each in node.keywords)
            if of_kind or any(not is_public(each) for each in stated):
                return True
        if isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            if any(isinstance(k, ast.Constant) and k.value == "release_class" and not is_public(v) for k, v in pairs):
                return True
    return False


CLASSES_BY_NAME = {name.upper() for name in CLASSES if name != PUBLIC}


def calls(module: str, tree: ast.Module, function: ast.FunctionDef) -> set[str]:
    """The functions of the library that a function calls, or has called, by their full names."""
    local = {each.arg for each in (*function.args.args, *function.args.kwonlyargs)}
    local |= {each.id for each in ast.walk(function) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    known = {name: path for name, path in (imported(tree) | imported(function)).items() if name not in local}
    found = set()
    for node in ast.walk(function):
        targets = list(node.elts) if isinstance(node, ast.Tuple | ast.List) else []
        if isinstance(node, ast.Call):
            by_another = isinstance(node.func, ast.Name) and node.func.id in ("partial", "attempt")
            targets = [node.func, *(node.args[:1] if by_another else [])]
        for target in targets:
            if isinstance(target, ast.Name) and target.id not in local:
                found.add(known.get(target.id, f"{module}.{target.id}"))
            elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id in known:
                found.add(f"{known[target.value.id]}.{target.attr}")
    return found


@cache
def makers() -> dict[str, set[str]]:
    """The functions that give an output of persons its class, or call one that does -> what they call."""
    functions = {
        f"{name}.{node.name}": (node, calls(name, tree, node))
        for name, tree in trees().items()
        if name not in PASS_ON
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
    }
    found = {name for name, (node, _) in functions.items() if gives_a_class(node)}
    while more := {name for name, (_, called) in functions.items() if called & found} - found:
        found |= more
    return {name: functions[name][1] for name in sorted(found)}


def is_private(name: str) -> bool:
    return name.rpartition(".")[2].startswith("_")


def test_the_walk_of_the_code_finds_what_is_known_to_show_persons():
    assert len(makers()) > 100
    known = ("case_records.who", "multiple_systems.by_method", "risk_outcomes.prevalence", "record_flows.reach")
    assert {f"analysis.exhibits.{name}" for name in known} <= set(makers())
    # What is read from public evidence alone is no output of persons.
    assert not [name for name in makers() if ".detection." in name or ".referral_" in name or ".sdg." in name]


def test_every_function_that_makes_an_output_of_persons_has_a_row():
    called = set().union(*makers().values())
    missing = [name for name in makers() if name not in named() and not (is_private(name) and name in called)]
    assert missing == [], "add a row to docs/reference/outputs_of_persons.md"


def test_every_module_that_reads_persons_or_their_findings_is_named():
    reads = set()
    for name, tree in trees().items():
        of_persons = any(path.startswith(OF_PERSONS) for path in imported(tree).values())
        called = set(re.findall(r"collected\.\w+\(", ast.unparse(tree)))
        of_findings = {"collected.read(", "collected.of_studies("} & called
        if of_persons or of_findings:
            reads.add(name)
    parents = {name[:at] for name in named() for at in [*(m.start() for m in re.finditer(r"\.", name)), len(name)]}
    assert len(reads) > 15 and reads - parents == set(), "name the module in docs/reference/outputs_of_persons.md"


def test_every_analysis_that_reads_persons_is_named():
    text = PAGE.read_text(encoding="utf-8")
    of_persons = [name for name, each in jobs.ALL.items() if each.needs != "none"]
    assert len(of_persons) >= 7
    assert [name for name in of_persons if f"`notebooks/{name}.ipynb`" not in text] == []


def test_every_row_is_whole_and_its_functions_exist():
    assert len(rows()) > 60
    for row in rows():
        assert row.release_class in CLASSES and row.rule.endswith(".") and row.made_by and row.tests, row.output
    for name in named():
        *parts, last = name.split(".")
        assert found(parts, last), name


def found(parts: list[str], last: str) -> bool:
    try:
        importlib.import_module(".".join([*parts, last]))
    except ModuleNotFoundError:
        pass
    else:
        return True
    for count in range(len(parts), 0, -1):
        try:
            there: object = importlib.import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        for part in [*parts[count:], last]:
            if not hasattr(there, part):
                return False
            there = getattr(there, part)
        return True
    return False


def test_every_test_that_the_list_names_exists():
    for path, test in {tuple(each.split("::")) for row in rows() for each in row.tests}:
        tree = ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8"))
        assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, f"{path}::{test}"


# What the notebooks show of synthetic persons


@dataclass(frozen=True)
class Output:
    """What a notebook shows: its name, its release class, and all that a reader gets of it."""

    name: str
    release_class: str
    content: tuple[object, ...]

    @property
    def is_finding(self) -> bool:
        return "/" in self.name


# A run in a test draws fewer samples: no rule depends on their number.
FEWER = {
    "replicates=500": "replicates=20",
    "replicates=100,": "replicates=10,",
    "replicates=1000": "replicates=10",
    "permutations=4499": "permutations=99",
    '"permutations": 9999': '"permutations": 99',
    "draws=20": "draws=3",
}


def shown(analysis: str, area_id: str) -> tuple[Output, ...]:
    """What the notebook of an analysis shows of an area, in the order in which it does."""
    # As in a kernel of its own, nothing was asked before.
    data_read.forget_reads()
    outputs: list[Output] = []

    def display(*given: object) -> None:
        for each in given:
            if isinstance(each, finding.Recorded):
                outputs.extend(
                    Output(str(row["finding_id"]), str(row["release_class"]), (json.dumps(row, default=str),))
                    for row in each.rows
                )
            elif hasattr(each, "datasets"):
                outputs.append(Output("data sets", PUBLIC, (each._repr_mimebundle_()[0]["text/html"],)))
            elif release_class := (getattr(each, "metadata", None) or {}).get("release_class"):
                number = sum(output.name.startswith("text ") for output in outputs)
                outputs.append(Output(f"text {number}", release_class, (each.data, json.dumps(each.metadata))))

    def parts(exhibit: Exhibit) -> tuple[()]:
        outputs.append(Output(exhibit.name, exhibit.effective_class, content(exhibit)))
        return ()

    known: dict[str, object] = {"display": display, "__name__": "notebook"}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Exhibit, "parts", parts)
        patched.setattr(exhibit, "display", display)
        job = Job(analysis, areas.get(area_id).study, area_id)
        for source in cells(job.template):
            if source.startswith("# PARAMETERS"):
                known |= job.parameters
                continue
            *steps, last = ast.parse(source).body
            ends = isinstance(last, ast.Expr)
            exec(compile(ast.Module(steps + ([] if ends else [last]), []), "cell", "exec"), known)
            if isinstance(last, ast.Expr):
                display(eval(compile(ast.Expression(last.value), "cell", "eval"), known))
    return tuple(outputs)


def content(exhibit: Exhibit) -> tuple[object, ...]:
    """Picture with its text, table as it is printed, and file of numbers; of what is internal nothing."""
    if exhibit.effective_class not in RELEASED:
        return ()
    picture = [exhibit.image()] if exhibit.figure is not None else []
    table = exhibit.show()
    drawn = [part for each in picture for part in (each.data, json.dumps(each.metadata))]
    return (exhibit.title, exhibit.alt, *drawn, table.data, json.dumps(table.numbers, default=str))


def cells(template: Path) -> Iterator[str]:
    notebook = json.loads(template.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            source = "".join(cell["source"])
            for many, few in FEWER.items():
                source = source.replace(many, few)
            yield source


def forget() -> None:
    """Nothing that was computed of other persons is remembered."""
    record_paths.journeys.cache_clear()
    risk_survey._joined.cache_clear()
    risk_survey._tables.cache_clear()
    _computed.clear()


@contextmanager
def put(records: CaseRecords) -> Iterator[None]:
    """Whoever reads case records reads these; the protected tables stay as they are."""
    load = processed.load
    with pytest.MonkeyPatch.context() as patched:
        for name, module in list(sys.modules.items()):
            if name.startswith("analysis.") and getattr(module, "load", None) is load:
                patched.setattr(module, "load", lambda study: records)
        forget()
        yield
    forget()


@contextmanager
def put_survey(survey: Survey) -> Iterator[None]:
    """Whoever reads the survey reads this one; its protected tables stay as they are."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(risk_survey, "load", lambda study: survey)
        forget()
        yield
    forget()


@cache
def as_it_is(analysis: str, area_id: str) -> tuple[Output, ...]:
    forget()
    return shown(analysis, area_id)


# One person


def somebody(records: CaseRecords) -> str:
    """A person of Jade who stands on several lists and was referred: of whom most follows."""
    table = records.case_records
    here = table[table["area_id"].eq("XIC-JADE") & table["person_id"].ne("")]
    on = here.groupby("person_id", observed=True)["list_id"].nunique()
    referred = here.loc[here["referred_out_low"].notna() | here["referred_in_low"].notna(), "person_id"]
    return str(on[on.index.isin(set(referred))].sort_values(ascending=False, kind="stable").index[0])


def with_records(records: CaseRecords, table: pd.DataFrame, stops: pd.DataFrame) -> CaseRecords:
    histories = capture_histories(table[table["person_id"] != ""], by=("area_id", "year"))
    there = set(table["record_id"])
    pairs = records.pairs[records.pairs[["record_id_l", "record_id_r"]].isin(there).all(axis=1)]
    return replace(
        records,
        case_records=table.reset_index(drop=True),
        stops=stops.reset_index(drop=True),
        histories=histories,
        pairs=pairs.reset_index(drop=True),
    )


def erased(records: CaseRecords, person: str) -> CaseRecords:
    table = records.case_records[records.case_records["person_id"] != person]
    return with_records(records, table, records.stops[records.stops["journey_id"].isin(set(table["record_id"]))])


def added(records: CaseRecords, person: str) -> CaseRecords:
    """The same person once more, under another pseudonym."""
    own = records.case_records[records.case_records["person_id"] == person]
    new = own.assign(person_id="new person", record_id="new " + own["record_id"], row_hash=own["row_hash"] + 1)
    stops = records.stops[records.stops["journey_id"].isin(set(own["record_id"]))]
    stops = stops.assign(journey_id="new " + stops["journey_id"])
    table = pd.concat([records.case_records, new], ignore_index=True)
    return with_records(records, table, pd.concat([records.stops, stops], ignore_index=True))


def changed(records: CaseRecords, person: str) -> CaseRecords:
    """The same person found elsewhere, two years later, of another sex, as a child."""
    table = records.case_records.copy()
    own = table["person_id"] == person
    for name in [each for each in table if each.endswith(("_low", "_high")) and str(table[each].dtype)[:4] == "date"]:
        table.loc[own, name] = table.loc[own, name] + pd.Timedelta(days=731)
    table.loc[own, "sex"] = "male" if "female" in set(table.loc[own, "sex"].astype(str)) else "female"
    table.loc[own, "area_id"] = "XIC-OPAL"
    table.loc[own, ["age_low", "age_high", "exploited_age_low", "exploited_age_high"]] = 9
    return with_records(records, table, records.stops)


CHANGES: dict[str, Callable[[CaseRecords, str], CaseRecords]] = {
    "erased": erased,
    "added": added,
    "changed": changed,
}
OF_LISTS = ("case_records", "record_trends", "record_journeys", "estimated_total")
ATTACKS = [(analysis, "XIC-JADE", how) for analysis in OF_LISTS for how in CHANGES]
ATTACKS += [(analysis, "demo_islands", "erased") for analysis in OF_LISTS if analysis != "estimated_total"]


@cache
def islands() -> CaseRecords:
    return processed.load("demo_islands")


@cache
def after(analysis: str, area_id: str, how: str) -> tuple[Output, ...]:
    with put(CHANGES[how](islands(), somebody(islands()))):
        return shown(analysis, area_id)


def of_class(outputs: tuple[Output, ...], *classes: str) -> dict[str, Output]:
    return {output.name: output for output in outputs if output.release_class in classes}


@synthetic_lists
@pytest.mark.slow
@pytest.mark.parametrize(("analysis", "area_id", "how"), ATTACKS)
def test_nothing_public_or_protected_changes_with_a_person(analysis, area_id, how):
    before, now = as_it_is(analysis, area_id), after(analysis, area_id, how)
    told = of_class(before, PUBLIC, PROTECTED)
    # The sentences at the beginning and at the end, the data sets, and exhibits where not all of these are estimates.
    assert len(told) >= 3
    assert of_class(now, PUBLIC, PROTECTED) == told
    # Which exhibits there are, and of what class they are, tells of nobody either.
    assert [(each.name, each.release_class) for each in now] == [(each.name, each.release_class) for each in before]


@synthetic_lists
@pytest.mark.slow
def test_the_attack_reaches_what_follows_from_records():
    """Else it would find nothing where there is something: the estimates and the internal texts do change."""
    for analysis, area_id, how in (
        ("estimated_total", "XIC-JADE", "erased"),
        ("case_records", "demo_islands", "erased"),
    ):
        before, now = (
            of_class(each, ESTIMATE) for each in (as_it_is(analysis, area_id), after(analysis, area_id, how))
        )
        assert before and before != now
    inside = [of_class(each, INTERNAL) for each in (as_it_is("record_journeys", "XIC-JADE"),
                                                   after("record_journeys", "XIC-JADE", "erased"))]  # fmt: skip
    assert inside[0] != inside[1]


@synthetic_lists
@synthetic_survey
@pytest.mark.slow
def test_what_the_notebooks_show_is_in_the_list_with_its_class():
    pages = [*((analysis, place) for analysis in OF_LISTS for place in ("XIC-JADE", "demo_islands")),
             *(("risk_factors", place) for place in ("XDP-FIG", "demo_provinces"))]  # fmt: skip
    classes = {name: row.release_class for row in rows() for name in row.names}
    seen = set()
    for analysis, place in pages:
        if (analysis, place) == ("estimated_total", "demo_islands"):
            continue
        for output in as_it_is(analysis, place):
            name = output.name.split("/")[1].split(".")[0] if output.is_finding else output.name
            if name.startswith("text ") or name == "data sets":
                continue
            # A refusal of an estimate follows from the tables, or says nothing of persons.
            listed = {classes.get(name), PROTECTED} if output.is_finding else {classes.get(name)}
            assert name in classes and output.release_class in listed, (analysis, place, name)
            seen.add(name)
    assert len(seen) > 50


# Estimates keep their rule


@synthetic_lists
@pytest.mark.slow
@pytest.mark.parametrize("how", [None, *CHANGES])
def test_an_estimated_total_is_rounded_whoever_comes_or_goes(how):
    outputs = as_it_is("estimated_total", "XIC-JADE") if how is None else after("estimated_total", "XIC-JADE", how)
    found = of_class(outputs, ESTIMATE)
    seen = record_counts.total(JADE)
    text = str(found["by_method"].content[-2])
    numbers = [cell for row in re.findall(r"<tr>(.*?)</tr>", text) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)]
    persons = [
        int(each.replace(",", "")) for cell in numbers[1::4] + numbers[2::4] for each in re.findall(r"[\d,]+", cell)
    ]
    assert len(persons) > 20
    for number in persons:
        step = max(10 ** (len(str(number)) - rounded_estimates.DIGITS), rounded_estimates.LEAST_STEP)
        assert number % step == 0, number
    (total,) = [json.loads(str(each.content[0])) for name, each in found.items() if name.endswith("/estimated_total")]
    # No fewer than are seen; else rounded.
    for name in ("value", "low", "high"):
        # Where lists do not know the total from above, there is no upper limit.
        unbounded = name == "high" and total[name] == float("inf")
        assert total[name] in (None, seen) or unbounded or total[name] % rounded_estimates.LEAST_STEP == 0, name
    assert total["n"] == seen


REFUSALS = {
    "no_overlap": "Nobody is on both 'police' and 'shelter': two lists without overlap say nothing.",
    "no_method_estimable": "One list says nothing of the persons it does not know.",
    "empty_cell": "A pattern has nothing in a draw, so that the interaction of all lists is not finite.",
    "no_persons": "None of the 17 persons is on two lists.",
}


@synthetic_lists
@pytest.mark.parametrize("code", REFUSALS)
def test_a_refused_total_names_no_list_and_no_number(code):
    refused = NoResult(REFUSALS[code], code)
    result, why, suppressed = multiple_systems.told(JADE, refused)
    assert result is None and not suppressed and why == multiple_systems.refusal_in_words(refused)
    # Which lists share nobody, which pattern is empty, and that all stand on one list, is all of overlaps.
    assert not re.search(r"\d|'|pattern|One list|Nobody", why)
    assert multiple_systems.about(JADE, refused).metadata["release_class"] == PROTECTED


def test_two_lists_that_share_nobody_are_refused_by_their_names_in_the_house_alone():
    apart = pd.DataFrame({"police": [1, 0], "shelter": [0, 1], "count": [30, 20]})
    refused = attempt(capture_recapture.robustness, apart, replicates=5, seed=1)
    assert isinstance(refused, NoResult) and "'police' and 'shelter'" in refused.reason
    assert "police" not in multiple_systems.refusal_in_words(refused)


@synthetic_lists
def test_that_nobody_is_recorded_is_said_by_the_protected_tables_alone(monkeypatch):
    nobody = common_years.NOBODY
    refused = NoResult("No person is on any list.", "no_persons")
    monkeypatch.setattr(common_years, "histories", lambda place, by="": pytest.fail("records were asked"))
    for total, is_said in ((0, True), (None, False), (24, False)):
        monkeypatch.setattr(record_counts, "total", lambda place, total=total: total)
        assert (multiple_systems.told(JADE, refused)[1] == nobody) == is_said


@synthetic_lists
def test_strata_are_counted_as_the_protected_tables_list_them(monkeypatch):
    """A zero that hides another cell is listed as suppressed; among the years of the records it would be missing."""
    whole = record_counts.tables("demo_islands")
    zero = pd.DataFrame({"area_id": ["XIC-JADE"], "year": ["2099"], "count": pd.array([None], "Int64")})
    hidden = {**whole, "year by area": pd.concat([whole["year by area"], zero], ignore_index=True)}
    methods = capture_recapture.robustness(common_years.histories(JADE), replicates=5, seed=1)
    apart = common_years.histories(JADE, by="year")
    alone = capture_recapture.stratified(apart, "year", selection="stepwise", replicates=5, seed=1)

    def said() -> str:
        return estimates_by_stratum.published(JADE, methods, alone, NoResult("too few", "too_few")).limits

    listed = len(record_counts.of_place(JADE, "year"))
    assert f" of {listed} are not shown separately" in said()
    monkeypatch.setattr(record_counts, "tables", lambda study: hidden)
    assert f" of {listed + 1} are not shown separately" in said()


def referred(number: int) -> pd.DataFrame:
    """Persons of one list, referred after 1, 2, 3 ... days."""
    start = pd.Timestamp("2020-01-01")
    rows = [
        {"record_id": f"r{day}", "person_id": f"p{day}", "list_id": "police", "date_low": start, "date_high": start,
         "referred_in_low": pd.NaT, "referred_in_high": pd.NaT, "referred_out_low": start + pd.Timedelta(days=day),
         "referred_out_high": start + pd.Timedelta(days=day)}
        for day in range(1, number + 1)
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.mark.parametrize("persons", [10, 21, 22, 23, 43, 44, 45])
def test_of_the_days_to_the_referral_no_number_of_persons_is_told(persons):
    tables = [days.released_table(time_to_referral(referred(number))) for number in (persons + 1, persons)]
    one, less = (table.printed.iloc[0] for table in tables)
    for number, row in ((persons + 1, one), (persons, less)):
        assert row["Persons with both dates"] in ("fewer than 22", "22 or more", "44 or more")
        assert (row["Median, days"] == disclosure.SUPPRESSED) == (number < 22)
        for name in ("95 %", "A quarter within", "Three quarters within"):
            assert (row[name] == disclosure.SUPPRESSED) == (number < 44)
        numbers = tables[0 if row is one else 1].released.iloc[0]
        assert pd.isna(numbers["median_low"]) == (number < 22)
        assert numbers[["low", "high", "quarter_low", "three_quarters_high"]].isna().all() == (number < 44)
    # The class changes with a person at its bounds alone.
    assert (one["Persons with both dates"] != less["Persons with both dates"]) == (persons + 1 in (22, 44))


@synthetic_lists
def test_what_follows_from_the_days_of_persons_is_an_estimate_refused_or_not():
    found = time_to_referral(referred(50))
    for result in (found, NoResult("Persons with both: 3.", "too_few_persons")):
        for show in (days.days_to_referral, days.days_by_list):
            assert show(ISLANDS, result).effective_class == ESTIMATE
    assert not re.search(r"\d", days.days_to_referral(ISLANDS, NoResult("3", "too_few_persons")).limits)


@synthetic_lists
@synthetic_survey
@pytest.mark.slow
def test_what_leads_to_the_page_of_the_study_has_the_class_of_what_it_is_about():
    for analysis, place in (("case_records", "XIC-JADE"), ("risk_factors", "XDP-FIG")):
        leads = [each for each in as_it_is(analysis, place) if "study_page" in str(each.content[-1:])]
        assert [each.release_class for each in leads] == [ESTIMATE]
    for few in (NoResult("3", "too_few_persons"), time_to_referral(referred(21))):
        lead = days.days_to_referral(JADE, few).instead
        assert lead.metadata["release_class"] == ESTIMATE and not re.search(r"\d", lead.data)
    assert exhibit.elsewhere("a sentence", "case_records").metadata["release_class"] == PUBLIC


@synthetic_lists
@pytest.mark.parametrize(("persons", "may_leave"), [(1, False), (10, False), (13, False), (14, True)])
def test_weights_of_the_linkage_need_persons_and_not_records_alone(monkeypatch, persons, may_leave):
    """Four parameters: of 10 persons more there must be records, and of eleven."""
    records = pd.DataFrame({"person_id": [f"p{number % persons}" for number in range(200)]})
    monkeypatch.setattr(case_records, "load", lambda study: SimpleNamespace(case_records=records))
    table = pd.DataFrame({"comparison": ["sex", "sex"], "level": ["same", "other"], "weight": [1.0, -5.0]})
    exhibit = case_records.weights(ISLANDS, table, records=len(records))
    assert (exhibit.effective_class == ESTIMATE) == may_leave and exhibit.effective_class in (ESTIMATE, INTERNAL)
    assert case_records.weights(ISLANDS, table, records=13).effective_class == INTERNAL


# The survey


@cache
def with_one_child_less(area_id: str) -> tuple[Output, ...]:
    survey = survey_processed.load("demo_provinces")
    children = survey.respondents
    (child, *_) = children.index[children["area_id"].eq("XDP-FIG") & children["nationality"].eq("SY")]
    with put_survey(replace(survey, respondents=children.drop(index=child).reset_index(drop=True))):
        return shown("risk_factors", area_id)


# Estimates with limits, percent and design effects: "12.3 (10.1–14.9)", "1.43", "28,000".
WEIGHTED = re.compile(r"[+-]?\d[\d,]*\.?\d*%? \([^)]*\)( imprecise)?")


def numbers_of_children(output: Output) -> list[str]:
    """All that an exhibit prints but its weighted estimates: counts, which cells are suppressed, heads, notes."""
    text = str(output.content[-2])
    columns = re.findall(r"<th[^>]*>(.*?)</th>", text)
    found = [output.content[0], output.content[1], *columns, *re.findall(r"<p>(.*?)</p>", text)]
    for row in re.findall(r"<tr>(<td.*?)</tr>", text):
        values = re.findall(r"<td[^>]*>(.*?)</td>", row)
        # A column without children's numbers may have a mean, a share or a number that a weight moved.
        kept = [WEIGHTED.sub("#", value) for value in values]
        moved = ("Design effect", "Cost of unequal weights", "Simulated truth within limits")
        found += ["#" if head in moved else value for head, value in zip(columns, kept, strict=True)]
    return found


@synthetic_survey
@pytest.mark.slow
def test_one_child_changes_no_number_of_children():
    before, now = as_it_is("risk_factors", "XDP-FIG"), with_one_child_less("XDP-FIG")
    told, then = (
        {name: each for name, each in of_class(outputs, PROTECTED, PUBLIC).items() if not each.is_finding}
        for outputs in (now, before)
    )
    assert told.keys() == then.keys() and len(told) > 10
    differ = 0
    for name, output in told.items():
        if name.startswith("text ") or name == "data sets":
            assert output == then[name]
            continue
        assert numbers_of_children(output) == numbers_of_children(then[name]), name
        differ += output != then[name]
    # Weighted shares do change: they are shown by a rule, and follow from the answers.
    assert differ > 3
    for name, output in of_class(now, PROTECTED).items():
        if output.is_finding:
            row, was = (json.loads(str(each.content[0])) for each in (output, of_class(before, PROTECTED)[name]))
            assert (row["n"], row["status"], row["why"]) == (was["n"], was["status"], was["why"]), name


@synthetic_survey
@pytest.mark.slow
def test_an_odds_ratio_obeys_its_rule_when_a_child_is_taken_away():
    """Of a factor that ten children have nothing is told, nor of eleven if one of them is taken away."""
    survey = survey_processed.load("demo_provinces")

    def told(concerned: int) -> pd.DataFrame:
        children = survey.respondents
        own = children["separated"].eq(True).fillna(False)
        kept = children.index[own][:concerned]
        few = children.assign(separated=own & children.index.isin(kept))
        with put_survey(replace(survey, respondents=few)):
            found = odds_ratios_of(PROVINCES, "child_labour")
            assert not isinstance(found, NoResult)
            return found[found["factor"] == "separated"]

    for number in (10, 11):
        (row,) = told(number).to_dict("records")
        assert row["text"] == risk_factors.FEW_CONCERNED and not re.search(r"\d", str(row["text"]))
        assert (
            pd.isna(row["n"]) and pd.isna(row["events"]) and pd.isna([row[each] for each in risk_factors.RATIOS]).all()
        )
    (row,) = told(len(survey.respondents)).to_dict("records")
    assert row["text"] == "" and row["adjusted"] == row["adjusted"] and pd.isna(row["n"])


# Files beside the pages, and over time

TURKIYE = CaseTables("turkiye")
OF_PERSONS_JOB, OF_FINDINGS, OF_EVIDENCE = (
    Job(analysis, "turkiye", "turkiye") for analysis in ("case_records", "recommendations", "trends")
)


@pytest.fixture
def confidential(monkeypatch):
    """Türkiye has confidential lists, and no survey."""
    monkeypatch.setattr(CaseTables, "kind", "confidential")
    monkeypatch.setattr(CaseTables, "manifest_content", lambda self: {"products": {}})
    return TURKIYE


@pytest.fixture
def planned(confidential, monkeypatch, tmp_path):
    """Plan a release for which the protected tables are those of the last one, while the records have changed."""
    there = tmp_path / "released"
    there.write_text("a page")
    every = [OF_PERSONS_JOB, OF_FINDINGS, OF_EVIDENCE]
    monkeypatch.setattr(publish, "plan", lambda: every)
    monkeypatch.setattr(publish, "states", lambda given: [SimpleNamespace(job=job, name="fresh") for job in given])
    monkeypatch.setattr(publish, "report_state", lambda states: SimpleNamespace(name="fresh"))
    monkeypatch.setattr(publish, "manifest_of_report", lambda: {"products": {}, "persons": {}})
    monkeypatch.setattr(publish, "audited", lambda tables, check: Audit(pd.DataFrame(), 0, 0, 1))
    monkeypatch.setattr(publish, "changed_since_release", lambda tables: True)
    monkeypatch.setattr(publish, "released", lambda path: there)
    monkeypatch.setattr(publish, "_released_of", lambda job: [])
    monkeypatch.setattr(publish, "_released_report", lambda: [])
    monkeypatch.setattr(publish, "tables_read", lambda job: [] if job is OF_EVIDENCE else [TURKIYE])
    return lambda: publish._planned({}, check=True)


def test_a_page_of_findings_is_repeated_with_the_pages_of_persons(planned, monkeypatch, tmp_path):
    plan = planned()
    assert plan.left_out[publish.REPEATED] == [OF_PERSONS_JOB, OF_FINDINGS] and plan.going == [OF_EVIDENCE]
    assert plan.report_left_out == publish.REPEATED
    # What reads findings has read the persons, and so is noted with them.
    table = tmp_path / "findings.parquet"
    pd.DataFrame({"finding_id": ["turkiye/recorded_persons"]}).to_parquet(table)
    products = {catalog.shown(table): hashlib.sha256(table.read_bytes()).hexdigest()}
    monkeypatch.setattr(collected, "file", lambda study, ending: table)
    monkeypatch.setattr(collected, "said", lambda study: {"products": products})
    monkeypatch.setattr(collected, "as_dataset", lambda study: SimpleNamespace(name="findings_turkiye"))
    monkeypatch.setattr(CaseTables, "as_dataset", lambda self: SimpleNamespace(name=self.name))
    data_read.forget_reads()
    collected.read("turkiye")
    assert TURKIYE.name in {entry.name for entry in data_read.read_so_far()}
    data_read.forget_reads()


def test_a_checklist_stays_where_the_pages_of_persons_stay(planned, monkeypatch):
    """It counts the findings that are known: where a median is suppressed for want of a person, there is one less."""
    path = descriptions.checklist_path("turkiye")
    plan = planned()
    assert descriptions.released(path) in plan.standing
    monkeypatch.setattr(descriptions, "metadata", lambda executed: {"made_from": {"inputs": {}}})
    monkeypatch.setattr(collected, "said", lambda study: {"products": {}})
    monkeypatch.setattr(collected, "read", lambda study=None: pytest.fail("findings were counted"))
    assert path not in descriptions.of_release(plan.going, {}, plan.standing)
    # Where nothing of the persons stays it is made anew.
    assert descriptions.released(path) not in descriptions.standing([OF_EVIDENCE])
    assert descriptions.released(path) in descriptions.standing([])


def test_the_list_of_findings_has_no_digest_of_confidential_persons(confidential, monkeypatch):
    monkeypatch.setattr(collected, "kind", lambda study: "confidential")
    assert {TURKIYE.name, "findings_turkiye"} <= status._unnamed("turkiye")


def test_there_is_a_page_for_every_area_whoever_is_on_a_list(confidential, monkeypatch):
    monkeypatch.setattr(processed, "load", lambda study: pytest.fail("records were read"))
    planned_jobs = {job.area_id for job in jobs.plan("turkiye") if job.analysis == "case_records"}
    assert planned_jobs == {"turkiye", *areas.ids("turkiye")}
    assert Path(jobs.released(OF_PERSONS_JOB.page)).name == "case_records.html"


def test_findings_of_persons_who_are_not_as_released_are_not_frozen(confidential, monkeypatch):
    """A baseline is kept in version control: two of them around an erasure would show it."""
    from analysis import cli_findings

    monkeypatch.setattr(cli_findings, "exclusive", nullcontext)
    monkeypatch.setattr(CaseTables, "may_be_shown", True)
    monkeypatch.setattr(publish, "is_as_released", lambda tables: False)
    monkeypatch.setattr(collected, "read", lambda study=None: pytest.fail("findings were read"))
    with pytest.raises(BatchError, match="not those of the last release") as raised:
        cli_findings._freeze("mid_term")
    assert raised.value.code == "not_as_released"
