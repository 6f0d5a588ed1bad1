"""Two owners encode their lists; the lists are read and linked by tokens, and by nothing else."""

from __future__ import annotations

import random
from pathlib import Path

import pandas as pd
import pytest
import yaml
from refusals import refused

from analysis import checking
from analysis.batch import person_tables
from analysis.cases import token_comparisons
from analysis.cases.intake import intake
from analysis.cases.mapping import MappingError, load
from analysis.cases.pair_decisions import record_keys
from analysis.cases.record_linkage import LinkageError, link
from analysis.intake import encode_names

MAPPING = """
list: {name}
title: List of {name} (SYNTHETIC)
study: turkiye
kind: synthetic
publisher: the source
source: received by post
date: 2024-01-31
file: {{encoding: utf-8, delimiter: ","}}
columns:
  tokens: tokens
  sex: sex
  area: area
  age: age
  detected: {{column: detected, format: yyyy-mm-dd}}
"""
GIVEN = "Fatma Ahmed Khaled Djamila Mamadou Osman Leyla Yusuf Hatice Emre Zeynep Bilal"
FAMILY = "Haddad Hamdan Diallo Sousa Keskin Traore Mansur Barazi Polat Najjar"
# How the second owner writes them.
AGAIN = {"Khaled": "Halit", "Djamila": "Jamila", "Haddad": "Hadad", "Sousa": "Souza", "Fatma": "FATIMAH"}


def encoded(folder: Path, name: str, persons: list[int], key: Path) -> pd.DataFrame:
    """Records of a list that its owner encoded."""
    lines = ["given,family,birth,sex,area,age,detected"]
    for number in persons:
        draw = random.Random(number)
        given, family = GIVEN.split()[number % 12], FAMILY.split()[number // 12]
        if name == "shelter":
            given, family = AGAIN.get(given, given), AGAIN.get(family, family)
        birth = f"{draw.randrange(1, 29):02d}.{draw.randrange(1, 13):02d}.{2004 + number % 12}"
        sex = "female" if given in ("Fatma", "Djamila", "FATIMAH") else "male"
        lines.append(f"{given},{family},{birth},{sex},Hatay,{2021 - 2004 - number % 12},2021-12-31")
    path = folder / f"{name}.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    words = ["--given", "given", "--family", "family", "--birth", "birth"]
    kept = [word for column in ("sex", "area", "age", "detected") for word in ("--keep", column)]
    encode_names.main([str(path), "--key", str(key), *words, *kept])
    out = folder / f"{name}_encoded.csv"
    out.with_name(f"{out.stem}.mapping.yml").write_text(MAPPING.format(name=name), encoding="utf-8")
    found = intake(out)
    assert len(found.records) == len(persons), found.quarantine
    places = pd.read_csv(out.with_name(f"{out.stem}_rows.csv")).set_index("row of the encoded list")["row of the list"]
    return found.records.assign(number=[persons[places[row] - 2] for row in found.records["row"]])


@pytest.fixture(scope="module")
def owners(tmp_path_factory) -> dict[str, pd.DataFrame]:
    """Persons 0 to 79 are on the list of the police, 50 to 119 on that of the shelter; one list has another key."""
    folder = tmp_path_factory.mktemp("owners")
    for name in ("key", "other"):
        encode_names.new_key(folder / name)
    police, shelter = list(range(80)), list(range(50, 120))
    return {
        "police": encoded(folder, "police", police, folder / "key"),
        "shelter": encoded(folder, "shelter", shelter, folder / "key"),
        "stray": encoded(folder, "stray", shelter, folder / "other"),
    }


def test_persons_of_two_encoded_lists_are_found(owners):
    records = pd.concat([owners["police"], owners["shelter"]], ignore_index=True)
    linkage = link(records)
    assert not [name for name in linkage.records if name.startswith("link_")]
    rows = linkage.records.merge(records[["record_id", "number"]].rename(columns={"number": "true"}), on="record_id")
    both = rows.groupby("person_id").filter(lambda person: len(person) > 1)
    assert (both.groupby("person_id")["true"].nunique() == 1).mean() > 0.9
    assert len(set(both["true"]) & set(range(50, 80))) >= 28
    weights = linkage.weights.set_index(["comparison", "level"])["weight"]
    assert weights["encoded names", "same"] > weights["encoded names", "both names and year"] > 5
    assert weights["encoded names", "other"] < 0
    # What these lists do not have is compared by nothing, and weighs nothing.
    assert not {"given", "family", "birth", "phone", "document"} & {*linkage.weights["comparison"], *linkage.pairs}


def test_a_list_that_another_key_encoded_is_refused(owners):
    with refused(LinkageError, "another_key"):
        link(pd.concat([owners["police"], owners["stray"]], ignore_index=True))


def test_lists_with_names_and_lists_with_tokens_are_not_linked(owners):
    tokens = [name for name in owners["shelter"] if name.startswith("link_token_")]
    named = owners["shelter"].drop(columns=tokens).assign(link_given="a", link_family="b")
    with refused(LinkageError, "encoded_and_plain"):
        link(pd.concat([owners["police"], named], ignore_index=True))


def test_a_torn_cell_of_tokens_waits_in_quarantine(owners, tmp_path):
    path = tmp_path / "list.csv"
    whole = " ".join("0123456789abcdef" * 2 for _ in encode_names.KINDS)
    lines = [f"{whole},female,Hatay,14,2021-12-31", f"{whole[:-1]},female,Hatay,15,2021-12-31"]
    path.write_text("\n".join(["tokens,sex,area,age,detected", *lines]), encoding="utf-8")
    path.with_name("list.mapping.yml").write_text(MAPPING.format(name="police"), encoding="utf-8")
    quarantine = intake(path).quarantine
    assert quarantine[["row", "column", "rule"]].astype(str).values.tolist() == [["3", "tokens", "code"]]


def test_tokens_stand_in_the_place_of_names(tmp_path):
    path = tmp_path / "list.mapping.yml"
    path.write_text(MAPPING.format(name="police") + "  birth: {column: birth, format: yyyy}\n", encoding="utf-8")
    with refused(MappingError, "invalid_mapping"):
        load(path)


def test_pages_that_show_an_encoded_list_say_what_its_tokens_miss(tmp_path, monkeypatch):
    monkeypatch.setattr(checking, "RAW", tmp_path)
    path = tmp_path / "turkiye" / "police.csv"
    path.parent.mkdir()
    path.write_text("tokens,sex,area,age,detected\n", encoding="utf-8")
    mapping = path.with_name("police.mapping.yml")
    mapping.write_text(MAPPING.format(name="police").replace("synthetic", "confidential"), encoding="utf-8")
    terms = {"purpose": "a test", "retain_until": "2099-12-31", "access": "nobody"}
    _, content = checking.accepted(path, load(mapping), terms)
    assert yaml.safe_load(content)["turkiye_police"]["cautions"] == [token_comparisons.CAUTION]


def test_records_that_were_read_and_not_linked_have_a_reason(tmp_path):
    class Tables:
        files = ("lists",)
        file = staticmethod(tmp_path.joinpath)

    assert person_tables.not_linked(Tables) == ""
    reasons = pd.DataFrame({"list_id": ["a", "b"], "not_linked": ["No token of a is on another list.", ""]})
    reasons.to_parquet(tmp_path / "lists.parquet")
    assert person_tables.not_linked(Tables) == "No token of a is on another list."
    reasons.assign(not_linked="").to_parquet(tmp_path / "lists.parquet")
    assert person_tables.not_linked(Tables) == ""


def test_records_without_names_are_known_by_their_tokens(tmp_path):
    """Two rows that say the same but for their tokens are two records, whose decisions are kept apart."""
    cells = [" ".join(f"{number:x}".rjust(32, "0") for number in range(at, at + 10)) for at in (1, 20)]
    path = tmp_path / "police.csv"
    rows = [f"{cell},female,Hatay,14,2021-12-31" for cell in cells]
    path.write_text("\n".join(["tokens,sex,area,age,detected", *rows]), encoding="utf-8")
    path.with_name("police.mapping.yml").write_text(MAPPING.format(name="police"), encoding="utf-8")
    assert record_keys([intake(path, identities=True)]).is_unique
