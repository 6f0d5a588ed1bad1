"""The messy lists: their files can be read, and nothing of their truth is lost."""

import datetime

import pandas as pd
import pytest
from messy_lists import LISTS, write_lists, write_update
from messy_persons import names
from messy_quality import false_links, links_by_kind, misread

from analysis.cases import intake


@pytest.fixture(scope="module")
def lists(tmp_path_factory):
    return write_lists(tmp_path_factory.mktemp("lists"), persons=60, kind="synthetic")


def test_the_table_of_names_has_several_spellings_of_each():
    assert {name.group for name in names()} == {"ar", "iq", "fa", "tr", "ti", "uk"}
    assert len([name for name in names() if name.kind == "given"]) == len({*names()}) // 2 == 150
    assert all(name.native and name.turkish and name.latin for name in names())


def test_the_same_seed_gives_the_same_lists(lists, tmp_path):
    again = write_lists(tmp_path, persons=60, kind="synthetic")
    pd.testing.assert_frame_equal(again.cells(), lists.cells())
    pd.testing.assert_frame_equal(again.rows(), lists.rows())
    assert again.files["ngo"].read_bytes() == lists.files["ngo"].read_bytes()


@pytest.mark.parametrize("name", LISTS)
def test_rows_of_the_truth_are_the_rows_of_the_file(lists, name):
    result = intake(lists.files[name])
    rows, others = lists.rows(), lists.others
    known = set(rows.loc[rows["list"] == name, "row"]) | set(others.loc[others["list"] == name, "row"])
    assert set(result.rows["row"]) <= known
    assert set(rows.loc[rows["list"] == name, "row"]) <= set(result.rows["row"])
    assert set(result.records["record_id"]) <= set(rows["record_id"]), "a title, a total or a note became a record"
    assert len(result.records) > 0.5 * (rows["list"] == name).sum()


def test_a_true_linkage_is_perfect_and_one_person_for_all_has_every_false_link(lists):
    rows = lists.rows()
    rows = rows[(rows["children"] == 1) & (rows["person"] >= 0)]
    found = links_by_kind(rows[["record_id"]].assign(person_id=rows["person"].astype(str)), lists)
    assert (found["precision"].dropna() == 1).all() and (found["recall"].dropna() == 1).all()
    everybody = rows[["record_id"]].assign(person_id="one")
    n, sizes = len(rows), rows["person"].value_counts()
    true = int((sizes * (sizes - 1) // 2).sum())
    first = links_by_kind(everybody, lists).iloc[0]
    assert (first["right"], first["linked"], first["true"]) == (true, n * (n - 1) // 2, true)
    assert len(false_links(everybody, lists)) == n * (n - 1) // 2 - true
    assert {"siblings", "others"} <= set(false_links(everybody, lists)["relation"])


def test_a_cell_read_as_something_else_is_found(lists):
    (cell,) = lists.cells().query("field == 'age' and odd == 'minor'").head(1).to_dict("records")
    record = {"record_id": [cell["record_id"]], "date_low": pd.NaT, "date_high": pd.NaT, "link_birth_low": pd.NaT,
              "link_birth_high": pd.NaT, "sex": "", "area_id": "", "nationality": ""}  # fmt: skip
    for low, high, expected in ((18, 18, 1), (0, 17, 0), (None, 17, 0), (15, 17, 1)):
        read = pd.DataFrame({**record, "age_low": [low], "age_high": [high]})
        assert len(misread(read, lists)) == expected


def test_an_update_has_gone_corrected_and_new_rows(lists, tmp_path):
    newer = write_update(tmp_path, lists, kind="synthetic")
    rows, before = newer.rows(), lists.rows()
    assert {path.name for path in newer.files.values()}.isdisjoint(path.name for path in lists.files.values())
    assert rows["detected"].max() >= datetime.date(2024, 1, 1) > before["detected"].max()
    keys = {name: {row.key for row in newer.lists[name]} for name in LISTS}
    old = {name: {row.key for row in lists.lists[name]} for name in LISTS}
    assert any(old[name] - keys[name] for name in LISTS) and all(keys[name] - old[name] for name in LISTS)
    for name in LISTS:
        result = intake(newer.files[name])
        assert set(result.records["record_id"]) <= set(rows["record_id"])


def test_corrected_lists_have_nothing_odd(lists, tmp_path):
    corrected = write_lists(tmp_path, persons=60, kind="synthetic", corrected=True)
    assert set(corrected.cells()["odd"]) == {""}
    assert len(corrected.rows()) == len(lists.rows()) and corrected.rows()["children"].max() == 1
    assert corrected.rows()["record_id"].is_unique
