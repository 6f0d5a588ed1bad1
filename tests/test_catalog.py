"""What a user relies on when data are read: only catalogued, unchanged, well-formed files, and a sentence otherwise."""

from __future__ import annotations

import hashlib
import shutil

import pandas as pd
import pytest
import yaml
from pandera.errors import SchemaError
from refusals import refused

from analysis import catalog
from analysis.data_read import mark_read, read_so_far
from analysis.schemas import SCHEMAS


@pytest.fixture
def raw(tmp_path, monkeypatch):
    """A copy of the catalogue and the evidence that a test may damage."""
    real = catalog.RAW
    copy = tmp_path / "raw"
    for folder in ("evidence", "referral"):
        shutil.copytree(real / folder, copy / folder)
    for table in ("studies", "indicators", "stated_indicators", "topics", "awaited_findings", "areas"):
        shutil.copy(real / f"{table}.csv", copy)
    listed = yaml.safe_load((real / "catalog.yml").read_text(encoding="utf-8"))
    kept = {name: entry for name, entry in listed.items() if not entry["file"].startswith("boundaries/")}
    (copy / "catalog.yml").write_text(yaml.safe_dump(kept, allow_unicode=True, sort_keys=False), encoding="utf-8")
    monkeypatch.setattr(catalog, "RAW", copy)
    _forget()
    yield copy
    _forget()


def _forget():
    catalog.datasets.cache_clear()
    catalog._table.cache_clear()
    catalog.rows.cache_clear()


def _rewrite(raw, name, change):
    """Change the text of a catalogued file and catalogue it anew, as a user who knows the source would."""
    path = raw / "evidence" / f"{name}.csv"
    text = path.read_text(encoding="utf-8")
    changed = change(text)
    assert changed != text
    path.write_text(changed, encoding="utf-8")
    _edit_entry(raw, name, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def _edit_entry(raw, name, **fields):
    path = raw / "catalog.yml"
    listed = yaml.safe_load(path.read_text(encoding="utf-8"))
    listed[name].update(fields)
    path.write_text(yaml.safe_dump(listed, allow_unicode=True, sort_keys=False), encoding="utf-8")
    _forget()


def _cell(text, row, column, value):
    """`text` with one cell changed; `row` counts as a spreadsheet does, the header being row 1. Plain cells only."""
    lines = text.split("\n")
    cells = lines[row - 1].split(",")
    cells[lines[0].split(",").index(column)] = value
    lines[row - 1] = ",".join(cells)
    return "\n".join(lines)


def test_every_catalogued_file_is_there_and_unchanged_and_all_evidence_is_catalogued():
    catalog.verify_all()


def test_every_catalogued_table_is_as_its_schema_says():
    tables = [entry for entry in catalog.datasets().values() if entry.schema]
    assert len(tables) >= 19  # areas and the 18 tables of evidence
    for entry in tables:
        # Second codings are as many as second coders have made: there may be none yet.
        assert len(catalog.load(entry.name)) > 0 or entry.schema == "second_coding", entry.name


def test_earlier_editions_are_verified_and_fit_the_schema_of_what_took_their_place():
    found = catalog.editions()
    assert found and not set(found) & set(catalog.datasets())
    releases = set(catalog.load("sources")["source_id"])
    for entry in found.values():
        newer, table = catalog.dataset(entry.edition_of), pd.read_csv(entry.path, dtype=str, keep_default_na=False)
        assert set(table["source_id"]) == {entry.edition} <= releases
        assert list(table) == list(catalog.load(newer.name)) and entry.publisher == newer.publisher
        table = pd.read_csv(entry.path, keep_default_na=False, na_values={"high": [""]}, dtype={"value": str})
        SCHEMAS[str(entry.schema)].validate(table, lazy=True)


def test_an_earlier_edition_is_no_evidence(raw):
    name, entry = next(iter(catalog.editions().items()))
    assert entry.name not in {each.name for each in catalog.of_schema(str(entry.schema))}
    with refused(catalog.CatalogError, "not_catalogued", name):
        catalog.load(name)


def test_a_changed_byte_of_an_earlier_edition_is_found(raw):
    entry = next(iter(catalog.editions().values()))
    entry.path.write_bytes(entry.path.read_bytes() + b"\n")
    with refused(catalog.CatalogError, "digest_changed", entry.name):
        catalog.verify_all()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"edition": ""}, "missing_field"),
        ({"edition_of": "tiers"}, "unknown_edition"),
        ({"edition_of": "rumours"}, "unknown_edition"),
        ({"study": "turkiye"}, "unknown_edition"),
    ],
)
def test_an_edition_of_nothing_that_is_catalogued_is_refused(raw, fields, code):
    name = next(iter(catalog.editions()))
    _edit_entry(raw, name, **fields)
    with refused(catalog.CatalogError, code, name):
        catalog.datasets()


def test_a_changed_byte_stops_the_run_with_the_files_name(raw):
    path = raw / "evidence" / "tiers.csv"
    content = bytearray(path.read_bytes())
    content[-2] ^= 1
    path.write_bytes(content)
    with refused(catalog.CatalogError, "digest_changed", "evidence/tiers.csv", "'tiers'"):
        catalog.load("tiers")


def test_a_missing_file_is_named(raw):
    (raw / "evidence" / "tiers.csv").unlink()
    with refused(catalog.CatalogError, "missing_file", "evidence/tiers.csv"):
        catalog.verify_all()


def test_evidence_that_nobody_catalogued_is_refused(raw):
    (raw / "evidence" / "rumours.csv").write_text("area_id,victims\nTUR,12\n", encoding="utf-8")
    with refused(catalog.CatalogError, "not_catalogued", "evidence/rumours.csv", "data/raw/catalog.yml"):
        catalog.verify_all()


def test_a_name_that_is_not_catalogued_is_refused_and_the_listed_ones_are_shown(raw):
    with refused(catalog.CatalogError, "not_catalogued", "'rumours'", "data/raw/catalog.yml"):
        catalog.load("rumours")


def test_an_entry_without_a_licence_is_refused_by_name(raw):
    path = raw / "catalog.yml"
    listed = yaml.safe_load(path.read_text(encoding="utf-8"))
    del listed["tiers"]["licence"]
    path.write_text(yaml.safe_dump(listed), encoding="utf-8")
    _forget()
    with refused(catalog.CatalogError, "missing_field", "'tiers'"):
        catalog.datasets()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("kind", "secret", ("unknown_choice", "'secret'")), ("schema", "rumours", ("unknown_schema", "'rumours'"))],
)
def test_an_entry_with_an_unknown_kind_or_schema_is_refused(raw, field, value, said):
    _edit_entry(raw, "tiers", **{field: value})
    with refused(catalog.CatalogError, *said):
        catalog.load("tiers")


@pytest.mark.parametrize(
    ("name", "row", "column", "value"),
    [
        ("tiers", 5, "tier", "4"),
        ("tiers", 3, "report_year", "1899"),
        ("unodc_citizenship_flows", 2, "citizenship", "Afghanistan"),
        ("unodc_detected_victims", 7, "low", "many"),
        ("official_counts", 4, "value_qualifier", "roughly"),
        ("official_counts", 4, "period_start", "sometime"),
        ("referral_indicators", 9, "answer", "perhaps"),
    ],
)
def test_a_wrong_value_is_reported_with_its_file_row_column_and_value(raw, name, row, column, value):
    _rewrite(raw, name, lambda text: _cell(text, row, column, value))
    with pytest.raises(catalog.CatalogError) as error:
        catalog.load(name)
    said = str(error.value)
    assert f"evidence/{name}.csv, row {row}, column '{column}'" in said
    assert value in said


def test_a_lower_bound_above_the_upper_one_is_refused_with_its_row(raw):
    _rewrite(raw, "unodc_detected_victims", lambda text: _cell(text, 6, "low", "600"))  # row 6: Benin 2017, 535 to 535
    with refused(catalog.CatalogError, "schema_violation", "row 6", "column 'low'", "600.0"):
        catalog.load("unodc_detected_victims")


def test_a_period_that_ends_before_it_begins_is_refused_with_its_row(raw):
    _rewrite(raw, "official_counts", lambda text: _cell(text, 2, "period_end", "2012-12-31"))  # begins 2013-01-01
    with refused(catalog.CatalogError, "schema_violation", "row 2", "column 'period_start'"):
        catalog.load("official_counts")


def test_a_row_that_stands_twice_is_refused(raw):
    _rewrite(raw, "tiers", lambda text: text + text.split("\n")[1] + "\n")
    with refused(catalog.CatalogError, "schema_violation", "evidence/tiers.csv"):
        catalog.load("tiers")


def test_a_column_nobody_knows_is_refused_by_name(raw):
    _rewrite(raw, "tiers", lambda text: "\n".join(line + ",x" if line else line for line in text.split("\n")))
    with refused(catalog.CatalogError, "schema_violation", "evidence/tiers.csv", "column 'x'"):
        catalog.load("tiers")


def test_a_missing_column_is_refused_by_name(raw):
    _rewrite(raw, "tiers", lambda text: text.replace("confirmed_by", "confirmed", 1))
    with refused(catalog.CatalogError, "schema_violation"):
        catalog.load("tiers")


def test_the_text_na_is_a_text_and_an_empty_cell_is_an_empty_text(raw):
    _rewrite(raw, "tiers", lambda text: _cell(_cell(text, 2, "note", "NA"), 3, "note", ""))
    assert catalog.load("tiers")["note"].iloc[:2].tolist() == ["NA", ""]


def test_children_below_5_among_exactly_4_victims_are_none_of_them_to_all(raw):
    def only_two(text):
        header = text.split("\n")[0].split(",")
        victim = dict(zip(header, text.split("\n")[1].split(","), strict=True)) | {"sex": "all", "year": "2011"}
        rows = [
            victim | {"age": "0-17", "value": "<5", "low": "1", "high": "4", "value_qualifier": "below_5"},
            victim | {"age": "all", "value": "4", "low": "4", "high": "4", "value_qualifier": "exact"},
        ]
        return "\n".join(",".join(each) for each in (header, *(list(row.values()) for row in rows))) + "\n"

    _rewrite(raw, "unodc_detected_victims", only_two)
    children, everybody = (row for _, row in catalog.load("unodc_detected_victims").iterrows())
    # By hand: at least 0 of 4, which is 0 %, and at most 4 of 4, which is 100 %.
    assert (100 * children["low"] / everybody["high"], 100 * children["high"] / everybody["low"]) == (0, 100)


def test_a_file_of_map_layers_is_not_read_as_a_table():
    with refused(catalog.CatalogError, "not_a_table"):
        catalog.load("world")


def test_what_is_done_to_a_loaded_table_does_not_reach_the_next_reader():
    table = catalog.load("tiers")
    table["tier"] = "1"
    assert set(catalog.load("tiers")["tier"]) == {"1", "2", "2WL", "3"}


def test_a_loaded_table_carries_its_cautions():
    attrs = catalog.load("official_counts").attrs
    assert attrs["dataset"] == "official_counts"
    assert any("incidence" in sentence for sentence in attrs["cautions"])


MINIMAL = """\
{name}:
  file: list.csv
  {field}: list.{field}.yml
  study: {study}
  title: A list
  kind: {kind}
  licence: none
  publisher: A test
  source: written by a test
  date: 2023-01-31
  sha256: {digest}
  purpose: a test
  retain_until: 2999-12-31
"""


def _catalogue(raw, folder, name, kind="confidential", study="turkiye", field="mapping"):
    """A list or a survey with what describes it, and a catalogue of its own, in a folder below the raw data."""
    place = raw / folder
    place.mkdir(parents=True)
    (place / "list.csv").write_text("a;b\n1;2\n", encoding="utf-8")
    (place / f"list.{field}.yml").write_text("list: a\n", encoding="utf-8")
    digest = hashlib.sha256((place / "list.csv").read_bytes()).hexdigest()
    entry = MINIMAL.format(name=name, study=study, kind=kind, digest=digest, field=field)
    (place / "catalog.yml").write_text(entry, encoding="utf-8")
    _forget()
    return place


def fault(study):
    """Why a study cannot be worked on, when all was looked at; the others can be."""
    catalog.verify_all()
    found = catalog.faults()
    assert set(found) == {study} and catalog.load("tiers") is not None
    return found[study]


def test_a_folder_has_its_own_catalogue_with_paths_relative_to_it(raw):
    _catalogue(raw, "turkiye", "mine")
    _catalogue(raw, "synthetic/turkiye", "synthetic", kind="synthetic")
    mine = catalog.dataset("mine")
    assert (mine.file, mine.mapping, mine.date) == ("turkiye/list.csv", "turkiye/list.mapping.yml", "2023-01-31")
    assert catalog.verify("mine") == raw / "turkiye/list.csv"
    assert catalog.dataset("synthetic").file == "synthetic/turkiye/list.csv"
    catalog.verify_all()


def test_a_name_that_stands_in_two_catalogues_is_refused_with_both(raw):
    _catalogue(raw, "turkiye", "tiers")
    with refused(catalog.CatalogError, "duplicate_name", "'tiers'", "raw/catalog.yml", "turkiye/catalog.yml"):
        raise fault("turkiye")


def test_a_survey_is_described_by_a_file_beside_it_which_must_be_there(raw):
    place = _catalogue(raw, "turkiye", "mine", field="survey")
    assert catalog.dataset("mine").survey == "turkiye/list.survey.yml"
    assert catalog.dataset("mine").description_path == raw / "turkiye/list.survey.yml"
    catalog.verify_all()
    (place / "list.survey.yml").unlink()
    with refused(catalog.CatalogError, "missing_description", "survey.yml", "catalog.yml") as error:
        raise fault("turkiye")
    # A first description cannot be drafted from a file.
    assert "draft" not in str(error.value)


def test_a_file_is_case_records_or_a_survey_and_not_both(raw):
    place = _catalogue(raw, "turkiye", "mine")
    path = place / "catalog.yml"
    path.write_text(path.read_text(encoding="utf-8") + "  survey: list.survey.yml\n", encoding="utf-8")
    _forget()
    with refused(catalog.CatalogError, "exclusive_fields", "'mine'"):
        raise fault("turkiye")


def test_tables_that_are_withheld_are_a_list_of_names(raw):
    path = _catalogue(raw, "turkiye", "mine") / "catalog.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + '  withhold: ["year by area", "form: Forced labour"]\n', encoding="utf-8")
    _forget()
    assert catalog.dataset("mine").withhold == ("year by area", "form: Forced labour")
    path.write_text(text + "  withhold: year by area\n", encoding="utf-8")
    _forget()
    with refused(catalog.CatalogError, "not_a_list", "'mine'", 'withhold: ["year by area"]'):
        raise fault("turkiye")


def test_a_changed_list_and_a_missing_mapping_are_named_with_their_catalogue(raw):
    place = _catalogue(raw, "turkiye", "mine")
    (place / "list.mapping.yml").unlink()
    with refused(catalog.CatalogError, "missing_description", "mapping.yml", "turkiye/catalog.yml"):
        raise fault("turkiye")
    (place / "list.csv").write_text("a;b\n1;3\n", encoding="utf-8")
    _forget()
    with refused(catalog.CatalogError, "digest_changed", "turkiye/list.csv", "turkiye/catalog.yml"):
        raise fault("turkiye")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mine: [a", ("unreadable_yaml",)),
        ("- mine", ("not_a_mapping",)),
        ("mine: text", ("entry_without_fields", "'mine'")),
        ("mine: {file: list.csv}", ("missing_field", "'mine'")),
    ],
)
def test_a_catalogue_that_cannot_be_read_is_refused_in_a_sentence(raw, text, said):
    place = _catalogue(raw, "turkiye", "mine")
    (place / "catalog.yml").write_text(text, encoding="utf-8")
    _forget()
    with refused(catalog.CatalogError, *said) as error:
        raise fault("turkiye")
    assert "turkiye/catalog.yml" in str(error.value)
    # Nobody knows what is confidential in it: what must know is refused.
    assert catalog.unreadable("turkiye") and not catalog.unreadable("cabo_verde")
    with refused(catalog.CatalogError, *said):
        catalog.require_readable()


@pytest.mark.parametrize("field", ["mapping", "survey"])
def test_a_file_of_persons_needs_a_study(raw, field):
    place = _catalogue(raw, "turkiye", "mine", field=field)
    path = place / "catalog.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("  study: turkiye\n", ""), encoding="utf-8")
    _forget()
    with refused(catalog.CatalogError, "missing_study", "'mine'", field):
        raise fault("turkiye")


TAKING_PLACE = pytest.mark.parametrize(
    ("kinds", "used", "kind"),
    [
        ({}, [], ""),
        ({"a": "synthetic", "b": "synthetic"}, ["a", "b"], "synthetic"),
        ({"a": "synthetic", "b": "confidential"}, ["b"], "confidential"),
        ({"a": "synthetic", "b": "public"}, ["b"], "public"),
        ({"a": "public", "b": "confidential"}, ["a", "b"], "confidential"),
    ],
)


@TAKING_PLACE
def test_lists_of_its_own_take_the_place_of_synthetic_ones_altogether(raw, kinds, used, kind):
    for number, (name, of_kind) in enumerate(kinds.items()):
        folder = "synthetic" if of_kind == "synthetic" else "turkiye"
        _catalogue(raw, f"{folder}/{number}", name, kind=of_kind)
    assert [entry.name for entry in catalog.case_lists("turkiye")] == used
    assert catalog.case_kind("turkiye") == kind
    assert {entry.name for entry in catalog.set_aside("turkiye")} == set(kinds) - set(used)
    assert catalog.case_lists("cabo_verde") == [] == catalog.survey_exports("turkiye")


@TAKING_PLACE
def test_a_survey_of_its_own_takes_the_place_of_a_synthetic_one_whatever_its_lists_are(raw, kinds, used, kind):
    _catalogue(raw, "synthetic/turkiye", "list", kind="synthetic")
    for number, (name, of_kind) in enumerate(kinds.items()):
        folder = "synthetic" if of_kind == "synthetic" else "turkiye"
        _catalogue(raw, f"{folder}/{number}", name, kind=of_kind, field="survey")
    assert [entry.name for entry in catalog.survey_exports("turkiye")] == used
    assert catalog.survey_kind("turkiye") == kind and catalog.survey_kind("cabo_verde") == ""
    assert {entry.name for entry in catalog.set_aside("turkiye", "survey")} == set(kinds) - set(used)
    assert catalog.case_kind("turkiye") == "synthetic" and catalog.set_aside("turkiye") == []


@pytest.mark.parametrize(("folder", "kind"), [("turkiye", "synthetic"), ("synthetic/turkiye", "confidential")])
@pytest.mark.parametrize("field", ["mapping", "survey"])
def test_kinds_lie_in_folders_of_their_own(raw, folder, kind, field):
    _catalogue(raw, folder, "a", kind=kind, field=field)
    with refused(catalog.CatalogError, "wrong_kind"):
        raise fault("turkiye")


def test_tables_that_nobody_catalogued_are_found_in_the_studies_folders_alone(raw):
    place = _catalogue(raw, "turkiye", "mine")
    for name in ("x.XLSX", "~$x.xlsx", "notes.md", "deeper/y.csv"):
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_bytes(b"")
    found = catalog.uncatalogued(["turkiye", "cabo_verde"])
    assert [path.relative_to(raw).as_posix() for path in found] == ["turkiye/deeper/y.csv", "turkiye/x.XLSX"]


@pytest.mark.parametrize(("field", "said"), [("mapping", "is_case_list"), ("survey", "is_survey")])
def test_a_file_of_persons_is_not_loaded_as_a_table(raw, field, said):
    _catalogue(raw, "turkiye", "mine", field=field)
    with refused(catalog.CatalogError, said):
        catalog.load("mine")


def test_what_a_table_is_derived_from_counts_as_read(raw):
    _catalogue(raw, "turkiye", "mine")
    mark_read(catalog.dataset("mine"))
    assert catalog.dataset("mine") in read_so_far()


def test_a_column_that_may_be_absent_is_not_asked_for_and_another_is():
    table, rules = catalog.load("indicators"), SCHEMAS["indicators"]
    assert "together" not in rules.validate(table.drop(columns="together"))
    with pytest.raises(SchemaError, match="limits"):
        rules.validate(table.drop(columns="limits"))
