"""Tables that are taken out of the explorer: right, with their sources, and silent on groups that are too small."""

import datetime
import io
from contextlib import nullcontext
from itertools import product

import numpy as np
import pandas as pd
import pytest
from fuzzing import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from refusals import refused
from scipy.optimize import linprog

import disclosure
from analysis import areas, release_register
from analysis.explorer import NoSuchChoice, Records, Refused, Selection, available, tabled
from analysis.explorer import take_out as taking_out
from analysis.explorer.partition import partition
from analysis.explorer.records import interval, one_value, pairs, several_values
from analysis.explorer.take_out import let_out, take_out
from analysis.jobs import CaseTables

NAMES = {"XDP-FIG": "Fig", "XDP-WILLOW": "Willow", "XDP-HAZEL": "Hazel", "XDP-PINE": "Pine"}
AREAS, YEARS, SEXES, AGES = list(NAMES), ["2019", "2020"], ["Female", "Male"], ["12-14", "15-17"]
CELLS = list(product(AREAS, YEARS, SEXES, AGES))
FIELDS = ("area_ids", "period", "sex", "age_group")
DAY = datetime.date(2026, 1, 31)
NOT_STATED = "not stated"


def of_cells(counts: dict[tuple[str, str, str, str], int], forms: list[list[str]] | None = None) -> Records:
    """Persons, so many of each area, year, sex and age; and which forms of exploitation each of them has."""
    rows = pd.DataFrame([cell for cell, count in counts.items() for _ in range(count)], columns=["a", "y", "s", "g"])
    size = len(rows)
    at = rows["y"].map(YEARS.index).to_numpy()
    forms = [["Child labour"]] * size if forms is None else forms
    row = np.array([number for number, each in enumerate(forms) for _ in each], dtype=int)
    stated = pd.Series([form for each in forms for form in each], dtype=object)
    return Records(
        name="case_records_demo_provinces",
        title="Synthetic persons (SYNTHETIC)",
        study="demo_provinces",
        kind="synthetic",
        unit="persons",
        period=(2019, 2020),
        areas=pd.DataFrame({"area_id": AREAS, "name": list(NAMES.values())}),
        columns={
            "area": one_value("area", rows["a"], [*AREAS, NOT_STATED], NAMES, [NOT_STATED]),
            "year": interval("year", at, at, rows["y"], [*YEARS, NOT_STATED], [NOT_STATED]),
            "sex": one_value("sex", rows["s"], SEXES),
            "age_group": one_value("age_group", rows["g"], AGES),
            "form": several_values("form", row, stated, size, NOT_STATED),
        },
        pairs=pairs(pd.Series(["XDM"] * size, dtype=object), rows["a"], {"XDM": "Mirania"}, []),
        sources="written by a test",
        limits="Synthetic.",
        of_persons=True,
    )


@given(st.integers(0, 2**32 - 1), st.sets(st.sampled_from(["area", "year", "sex", "age_group"])))
@settings(max_examples=examples(15))
def test_a_table_has_the_counts_of_plain_pandas(seed, by):
    random = np.random.default_rng(seed)
    counts = dict(zip(CELLS, random.integers(0, 9, len(CELLS)).tolist(), strict=True))
    rows = pd.DataFrame(
        [cell for cell, n in counts.items() for _ in range(n)], columns=["area", "year", "sex", "age_group"]
    )
    selection = Selection(sex=("Female",), period=(2019, 2019))
    found = tabled(of_cells(counts), selection, list(by))
    chosen = rows[(rows["sex"] == "Female") & (rows["year"] == "2019")]
    order = [name for name in ("area", "year", "sex", "age_group") if name in by]
    if not order:
        assert found["count"].tolist() == [len(chosen)]
        return
    expected = chosen.groupby(order).size().to_dict()
    named = found.rename(columns={"area": "called"}).rename(columns={"area_id": "area"})
    assert named.set_index(order)["count"].to_dict() == expected


def test_a_person_with_two_forms_is_counted_at_each_and_places_have_names():
    records = of_cells({CELLS[0]: 2, CELLS[-1]: 1}, [["Child labour", "Begging"], [], ["Begging"]])
    table = tabled(records, Selection(), ["form", "area", "origin"])
    assert list(table) == ["area_id", "area", "form", "origin", "count"]
    assert table.to_numpy().tolist() == [
        ["XDP-FIG", "Fig", "Begging", "Mirania", 1],
        ["XDP-FIG", "Fig", "Child labour", "Mirania", 1],
        ["XDP-FIG", "Fig", "not stated", "Mirania", 1],
        ["XDP-PINE", "Pine", "Begging", "Mirania", 1],
    ]
    with refused(NoSuchChoice, "unknown_column", "column 'nationality'"):
        tabled(records, Selection(), ["nationality"])


# What a researcher may ask for: a selection, and columns.
ASKED = [
    (Selection(), ()),
    (Selection(), ("area",)),
    (Selection(), ("area", "sex")),
    (Selection(), ("year", "age_group")),
    (Selection(sex=("Female",)), ("area",)),
    (Selection(sex=("Female",), period=(2019, 2019)), ("area",)),
    (Selection(period=(2020, 2020)), ("sex",)),
    (Selection(area_ids=("XDP-WILLOW",)), ("age_group",)),
    (Selection(area_ids=("XDP-WILLOW",), sex=("Male",)), ("year",)),
    (Selection(age_group=("15-17",)), ("area", "year")),
    (Selection(sex=("Female",), age_group=("15-17",)), ("area",)),
    (Selection(sex=("Female",)), ("area", "year")),
]


def holds(selection: Selection, row: dict[str, str]) -> np.ndarray:
    """Which of CELLS a row of a table of a selection counts, by the words in it."""
    first, last = selection.period

    def within(cell: tuple[str, str, str, str]) -> bool:
        area, year, sex, age = cell
        return (
            area in (selection.area_ids or AREAS)
            and first <= int(year) <= last
            and sex in (selection.sex or SEXES)
            and age in (selection.age_group or AGES)
            and all(value in told(row[name]) for name, value in
                    zip(("area", "year", "sex", "age_group"), cell, strict=True) if name in row)
        )  # fmt: skip

    return np.array([within(cell) for cell in CELLS])


def told(words: str) -> list[str]:
    """The values that are told together; of children whose classes are one, both; of a period, its years."""
    together = {"child": AGES, "0-14": ["12-14"], "2019-2020": YEARS}
    return [value for part in words.split(" + ") for value in together.get(part, [part])]


def too_much(seed: int, is_remembered: bool) -> int:
    """How much six tables give away that are taken out one after the other, by an attack that shares no code with ours.

    Small groups that are told, or are what one table counts and another does not; and suppressed cells that a linear
    programme over the whole joint histogram bounds below 11 or to within fewer than 11.
    """
    random = np.random.default_rng(seed)
    counts = dict(zip(CELLS, random.choice([4, 9, 15, 25, 40, 60], len(CELLS)).tolist(), strict=True))
    truth, records = np.array(list(counts.values())), of_cells(counts)
    same: dict[str, pd.DataFrame] = {}
    published: list[tuple[np.ndarray, float]] = []
    suppressed: list[np.ndarray] = []
    for number in random.permutation(len(ASKED))[:6]:
        selection, by = ASKED[number]
        candidates = [partition(records, selection, by, is_coarse) for is_coarse in (False, True)]
        try:
            best, safe = let_out(candidates, same if is_remembered else {})
        except Refused:
            continue
        same |= {f"{number} {name}": table for name, table in safe.items()}
        for row in best.inside(safe).to_dict("records"):
            which = holds(selection, row)
            if pd.isna(row["count"]):
                suppressed.append(which)
            else:
                assert truth[which].sum() == row["count"]
                published.append((which, float(row["count"])))
    sums, totals = np.array([which for which, _ in published], float), np.array([n for _, n in published])
    pairs_of = [(n, m) for (one, n), (other, m) in product(published, repeat=2) if ((one & other) == other).all()]
    found = sum(0 < n < disclosure.K for n in totals) + sum(0 < n - m < disclosure.K for n, m in pairs_of)
    bounds = [[_furthest(which, sign, sums, totals) for sign in (1, -1)] for which in suppressed]
    return found + sum(high < disclosure.K - 1e-6 or high - low < disclosure.K - 1e-6 for low, high in bounds)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 5])
def test_what_was_taken_out_gives_away_no_small_group_however_it_is_put_together(seed):
    # Each table is safe by itself: what it gives away with others is seen only if these are remembered.
    assert too_much(seed, is_remembered=False) > 0
    assert too_much(seed, is_remembered=True) == 0


def _furthest(which: np.ndarray, sign: int, sums: np.ndarray, totals: np.ndarray) -> float:
    """The fewest (1) or the most (-1) persons that some cells can have, by all that was told."""
    found = linprog(sign * which, A_eq=sums, b_eq=totals, bounds=(0, None))
    return sign * found.fun if found.status == 0 else np.inf


def few_younger_girls() -> Records:
    """In Fig 84 girls, of whom 80 are 15 to 17 years old; 30 of all others by area, year, sex and age: 924."""
    counts = dict.fromkeys(CELLS, 30)
    counts |= {("XDP-FIG", year, "Female", "15-17"): 40 for year in YEARS}
    counts |= {("XDP-FIG", year, "Female", "12-14"): 2 for year in YEARS}
    return of_cells(counts)


@pytest.mark.slow
def test_a_second_table_cannot_be_taken_from_the_first():
    girls, older = Selection(sex=("Female",)), Selection(sex=("Female",), age_group=("15-17",))
    first, safe = let_out([partition(few_younger_girls(), girls, ["area"])], {})
    assert first.inside(safe).set_index("area")["count"].to_dict() == {
        "XDP-FIG": 84,
        "XDP-HAZEL": 120,
        "XDP-PINE": 120,
        "XDP-WILLOW": 120,
    }
    second, alone = let_out([partition(few_younger_girls(), older, ["area"])], {})
    assert second.inside(alone).set_index("area")["count"].to_dict() == {
        "XDP-FIG": 80,
        "XDP-HAZEL": 60,
        "XDP-PINE": 60,
        "XDP-WILLOW": 60,
    }
    # Each of them may leave, and not both: 84 - 80 would be the girls of 12 to 14, who are 4.
    second, beside = let_out([partition(few_younger_girls(), older, ["area"])], safe)
    left = second.inside(beside).set_index("area")["count"].dropna()
    assert "XDP-FIG" not in left and set(left) == {60} and len(left) > 1
    # Of the one area there is nothing left to be told.
    gaziantep = Selection(area_ids=("XDP-FIG",), sex=("Female",), age_group=("15-17",))
    with pytest.raises(Refused, match=r"not let out.*What would help: fewer columns and filters"):
        let_out([partition(few_younger_girls(), gaziantep, [])], safe)


def test_each_filter_is_a_dimension_so_that_those_who_were_not_chosen_are_a_group():
    found = partition(few_younger_girls(), Selection(sex=("Female",), age_group=("15-17",)), ["area"])
    (table,) = found.tables.values()
    assert (
        set(table.columns) == {"area_id", "sex", "age_detected", "count"}
        and table["count"].sum() == found.everybody == 924
    )
    assert found.chosen == {"sex": {"Female"}, "age_detected": {"15-17"}}
    assert table.set_index(["area_id", "sex", "age_detected"])["count"]["XDP-FIG", "Female", "12-14"] == 4


@pytest.mark.parametrize(
    ("selection", "by", "said"),
    [
        (Selection(), ["origin"], ("routes_not_released",)),
        (
            Selection(period=(2019, 2019), sex=("Male",), age_group=("15-17",)),
            ["area", "form"],
            ("too_many_dimensions",),
        ),
        (Selection(form=("Begging", "Child labour")), ["area"], ("overlapping_groups",)),
        (Selection(form=("Begging",)), ["form"], ("filter_and_column",)),
        (Selection(form=("Marriage",)), [], ("too_few_persons", "'Marriage'")),
    ],
)  # fmt: skip
def test_what_cannot_be_protected_is_refused_in_a_sentence_that_helps(selection, by, said):
    forms = [["Begging"], ["Child labour"], ["Begging", "Child labour"], ["Marriage"]]
    each = [forms[0]] * 20 + [forms[1]] * 20 + [forms[2]] * 20 + [forms[3]] * 2
    records = of_cells({CELLS[0]: 30, CELLS[-1]: 32}, each)
    with refused(Refused, *said):
        partition(records, selection, by)


def test_each_form_is_a_table_of_yes_and_no():
    records = of_cells({CELLS[0]: 30, CELLS[-1]: 30}, [["Begging", "Child labour"]] * 20 + [["Begging"]] * 40)
    found = partition(records, Selection(), ["form"])
    best, safe = let_out([found], {})
    assert found.forms == {"form: Begging": "Begging", "form: Child labour": "Child labour"}
    assert best.inside(safe).to_numpy().tolist() == [["Begging", 60], ["Child labour", 20]]
    assert safe["form: Child labour"].set_index("form: Child labour")["count"].to_dict() == {"no": 40, "yes": 20}


@pytest.fixture
def way_out(tmp_path, monkeypatch):
    """Persons whose release tells their number alone; what leaves goes to a folder of the test."""
    monkeypatch.setattr(release_register, "REGISTER", tmp_path / "register")
    monkeypatch.setattr(taking_out, "EXPLORED", tmp_path / "explored")
    monkeypatch.setattr(taking_out, "exclusive", nullcontext)
    everybody = {"persons": pd.DataFrame({"count": pd.array([924], "Int64")})}
    monkeypatch.setattr("analysis.cases.processed.protected", lambda study: everybody)
    secret = {"Kanaryaoglu"}
    monkeypatch.setattr("analysis.release.direct_identifiers.of_study", lambda *_, **__: secret)
    return secret


@pytest.mark.slow
def test_a_table_of_synthetic_persons_says_so_with_its_source_and_is_entered_in_the_register(way_out):
    out = take_out(few_younger_girls(), Selection(sex=("Female",)), ["area"], DAY)
    assert out.path.name.endswith("_SYNTHETIC.csv") and out.path.read_bytes() == out.content
    assert "Female" not in out.path.name and "4 rows of persons" in out.sentence
    read = pd.read_csv(io.BytesIO(out.content))
    columns = ["area_id", "Area", "count", "n", "of", "period", "source", "kind"]
    assert read[columns].to_numpy().tolist() == [
        [area, NAMES[area], count, 444, "Sex: Female", "2019-2020", "written by a test", "SYNTHETIC"]
        for area, count in [("XDP-FIG", 84), ("XDP-HAZEL", 120), ("XDP-PINE", 120), ("XDP-WILLOW", 120)]
    ]
    (entry,) = release_register.taken(CaseTables("demo_provinces"))
    assert entry.path.name.startswith("case_records_taken_001_2026-01-31_") and entry.date == DAY
    # The next release is attacked with it; the tables that it was taken out beside withstood it that day.
    ((table,),) = [list(release.values()) for release in release_register.earlier("demo_provinces", "case_records")]
    assert table["count"].sum() == 924
    assert release_register.earlier("demo_provinces", "case_records", without=entry.beside) == []
    assert release_register.held_against(CaseTables("demo_provinces"), "another") == {entry.path.name: entry.digest}
    assert release_register.held_against(CaseTables("demo_provinces"), entry.beside) == {}
    # The same once more says nothing new.
    assert take_out(few_younger_girls(), Selection(sex=("Female",)), ["area"], DAY).content == out.content
    assert len(release_register.taken(CaseTables("demo_provinces"))) == 1


@pytest.mark.slow
def test_a_table_is_attacked_with_those_that_were_taken_out_before(way_out):
    older = Selection(sex=("Female",), age_group=("15-17",))
    before = take_out(few_younger_girls(), Selection(sex=("Female",)), ["area"], DAY)
    assert before.table["count"].tolist() == [84, 120, 120, 120]
    after = take_out(few_younger_girls(), older, ["area"], DAY)
    assert after.table.set_index("area")["count"].isna()["XDP-FIG"] and "suppressed" in after.content.decode()
    assert f"fewer than {disclosure.K} persons are not shown" in after.sentence
    assert len(release_register.taken(CaseTables("demo_provinces"))) == 2


@pytest.mark.slow
def test_nothing_is_taken_out_while_an_entry_of_the_register_is_missing_or_was_edited(way_out):
    take_out(few_younger_girls(), Selection(), ["area"], DAY)
    take_out(few_younger_girls(), Selection(), ["sex"], DAY)
    first, second = (entry.path for entry in release_register.taken(CaseTables("demo_provinces")))
    kept = first.read_bytes()
    first.unlink()
    with pytest.raises(Refused, match="has no table that was taken out 1 of the case records, but a later one"):
        take_out(few_younger_girls(), Selection(), ["year"], DAY)
    first.write_bytes(second.read_bytes())
    with pytest.raises(Refused, match="is not as it was entered"):
        take_out(few_younger_girls(), Selection(), ["year"], DAY)
    first.write_bytes(kept)
    assert take_out(few_younger_girls(), Selection(), ["year"], DAY).table["count"].tolist() == [462, 462]


def test_no_true_counts_go_out_beside_adjusted_ones_or_once_records_have_changed(way_out, monkeypatch):
    monkeypatch.setattr("analysis.release.publish.changed_since_release", lambda tables: True)
    with pytest.raises(Refused, match="export after the next release"):
        take_out(few_younger_girls(), Selection(), ["area"], DAY)
    monkeypatch.setattr("analysis.release.publish.changed_since_release", lambda tables: False)
    adjusted = {"persons": pd.DataFrame({"count": [931], "adjusted_by": [12]}, dtype="Int64")}
    monkeypatch.setattr("analysis.cases.processed.protected", lambda study: adjusted)
    with pytest.raises(Refused, match="adjusted from release to release"):
        take_out(few_younger_girls(), Selection(), ["area"], DAY)
    assert release_register.taken(CaseTables("demo_provinces")) == []


@pytest.mark.slow
def test_a_file_in_which_something_identifies_a_person_is_not_written(way_out):
    way_out.add("Fig Kanaryaoglu")
    named = few_younger_girls()
    object.__setattr__(named, "areas", named.areas.assign(name=["Kanaryaoglu", "Willow", "Hazel", "Pine"]))
    with pytest.raises(Refused, match="identifies a person"):
        take_out(named, Selection(), ["area"], DAY)
    assert not taking_out.EXPLORED.exists() and release_register.taken(CaseTables("demo_provinces")) == []


def test_public_figures_go_out_with_their_sources_and_need_no_register(way_out):
    records = available(areas.get("SEN"))["Detected victims by sex and age, UNODC (public)"]()
    out = take_out(records, Selection(area_ids=("SEN",)), ["area", "year"], DAY)
    read = pd.read_csv(io.BytesIO(out.content))
    assert set(read["source"]) == {"UNODC GLOTIP 2023-2025"} and set(read["kind"]) == {"public"}
    assert (read["high"] >= read["count"]).all() and len(read) > 3 and "SYNTHETIC" not in out.path.name
    assert (
        read["not_shown"].str.contains("not incidence").all()
        and release_register.taken(CaseTables("west_africa")) == []
    )
