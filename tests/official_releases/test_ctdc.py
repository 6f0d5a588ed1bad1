"""CTDC's public files: small files in their exact columns, and what their codes must become."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from refusals import refused

from analysis.official_releases import ReleaseError, ctdc

# Columns in the order of the files, from CTDC's k-anonymised file and the codebook of the synthetic file of 2024.
KANON = [
    "yearOfRegistration",
    "Datasource",
    "gender",
    "ageBroad",
    "majorityStatus",
    "majorityStatusAtExploit",
    "majorityEntry",
    "citizenship",
    "meansOfControlDebtBondage",
    "meansOfControlTakesEarnings",
    "meansOfControlRestrictsFinancialAccess",
    "meansOfControlThreats",
    "meansOfControlPsychologicalAbuse",
    "meansOfControlPhysicalAbuse",
    "meansOfControlSexualAbuse",
    "meansOfControlFalsePromises",
    "meansOfControlPsychoactiveSubstances",
    "meansOfControlRestrictsMovement",
    "meansOfControlRestrictsMedicalCare",
    "meansOfControlExcessiveWorkingHours",
    "meansOfControlUsesChildren",
    "meansOfControlThreatOfLawEnforcement",
    "meansOfControlWithholdsNecessities",
    "meansOfControlWithholdsDocuments",
    "meansOfControlOther",
    "meansOfControlNotSpecified",
    "meansOfControlConcatenated",
    "isForcedLabour",
    "isSexualExploit",
    "isOtherExploit",
    "isSexAndLabour",
    "isForcedMarriage",
    "isForcedMilitary",
    "isOrganRemoval",
    "isSlaveryAndPractices",
    "typeOfExploitConcatenated",
    "typeOfLabourAgriculture",
    "typeOfLabourAquafarming",
    "typeOfLabourBegging",
    "typeOfLabourConstruction",
    "typeOfLabourDomesticWork",
    "typeOfLabourHospitality",
    "typeOfLabourIllicitActivities",
    "typeOfLabourManufacturing",
    "typeOfLabourMiningOrDrilling",
    "typeOfLabourPeddling",
    "typeOfLabourTransportation",
    "typeOfLabourOther",
    "typeOfLabourNotSpecified",
    "typeOfLabourConcatenated",
    "typeOfSexProstitution",
    "typeOfSexPornography",
    "typeOfSexRemoteInteractiveServices",
    "typeOfSexPrivateSexualServices",
    "typeOfSexConcatenated",
    "isAbduction",
    "RecruiterRelationship",
    "CountryOfExploitation",
    "recruiterRelationIntimatePartner",
    "recruiterRelationFriend",
    "recruiterRelationFamily",
    "recruiterRelationOther",
    "recruiterRelationUnknown",
]
SYNTHETIC = [
    "yearOfRegistration",
    "gender",
    "ageBroad",
    "citizenship",
    "CountryOfExploitation",
    "traffickMonths",
    "meansDebtBondageEarnings",
    "meansThreats",
    "meansAbusePsyPhySex",
    "meansFalsePromises",
    "meansDrugsAlcohol",
    "meansDenyBasicNeeds",
    "meansExcessiveWorkHours",
    "meansWithholdDocs",
    "isForcedLabour",
    "isSexualExploit",
    "isOtherExploit",
    "typeOfLabourAgriculture",
    "typeOfLabourConstruction",
    "typeOfLabourDomesticWork",
    "typeOfLabourHospitality",
    "typeOfSexProstitution",
    "typeOfSexPornography",
    "recruiterRelationIntimatePartner",
    "recruiterRelationFriend",
    "recruiterRelationFamily",
    "recruiterRelationOther",
]


def written(path, columns, rows, missing="-99", **style):
    """A file of CTDC in which every cell that a row does not name is `missing`."""
    table = pd.DataFrame([{**dict.fromkeys(columns, missing), **row} for row in rows], columns=columns)
    table.to_csv(path, index=False, **style)
    return path


def kanon(path, *rows):
    return ctdc.load(written(path / "ctdc.csv", KANON, rows))


def synthetic(path, *rows):
    return ctdc.load(written(path / "synthetic.csv", SYNTHETIC, rows, missing=""))


def test_columns_are_those_of_the_two_files():
    assert (len(KANON), len(SYNTHETIC)) == (63, 27)
    assert (sorted(KANON), sorted(SYNTHETIC)) == (sorted(ctdc.KANON_COLUMNS), sorted(ctdc.SYNTHETIC_COLUMNS))


def test_one_record_of_the_kanonymised_file(tmp_path):
    release = kanon(
        tmp_path,
        {
            "yearOfRegistration": "2016",
            "Datasource": "Case Management",
            "gender": "Female",
            "ageBroad": "9--17",
            "citizenship": "SN",
            "CountryOfExploitation": "TR",
            "isForcedLabour": "1",
            "typeOfLabourBegging": "1",
            "typeOfLabourDomesticWork": "1",
            "typeOfLabourPeddling": "1",
            "meansOfControlWithholdsDocuments": "1",
            "meansOfControlDebtBondage": "1",
            "recruiterRelationFamily": "1",
        },
    )
    record = release.table.iloc[0]
    assert release.kind == "public"
    assert record[["row", "gender", "ageBroad", "isForcedLabour"]].tolist() == [2, "Female", "9--17", "1"]
    assert release.account.iloc[0].tolist() == ["ctdc.csv", 1, 1, 0, 0]


def test_synthetic_is_named_so_everywhere(tmp_path):
    release = synthetic(
        tmp_path,
        {
            "gender": "Woman",
            "ageBroad": "48+",
            "citizenship": "NAM",
            "CountryOfExploitation": "CPV",
            "traffickMonths": "13--24 (1-2 yrs)",
        },
        {"gender": "Trans/Transgender/NonConforming", "ageBroad": "NULL", "traffickMonths": "25+ (2+ yrs)"},
    )
    assert release.kind == "synthetic"
    assert release.title.startswith("SYNTHETIC")
    assert any(caution.startswith("SYNTHETIC") for caution in release.cautions)
    assert release.account.iloc[0].tolist() == ["synthetic.csv", 2, 2, 0, 0]


def test_namibia_is_no_missing_value(tmp_path):
    assert kanon(tmp_path, {"citizenship": "NA"}).table["citizenship"].tolist() == ["NA"]


def test_unknown_codes_are_refused_with_row_and_columns_and_without_value(tmp_path):
    good = {"gender": "Male"}
    release = kanon(
        tmp_path, good, {"gender": "Mle"}, {"citizenship": "ZZ", "isForcedLabour": "7"}, good, {"ageBroad": "17"}
    )
    assert release.refused["row"].tolist() == [3, 4, 6]
    assert [set(columns.split(", ")) for columns in release.refused["column"]] == [
        {"gender"},
        {"citizenship", "isForcedLabour"},
        {"ageBroad"},
    ]
    assert release.table["row"].tolist() == [2, 5]
    assert not release.refused["reason"].str.contains("Mle|ZZ|7|17").any()


def test_zero_is_no_code_of_the_synthetic_file(tmp_path):
    assert synthetic(tmp_path, {"isForcedLabour": "0"}).refused["column"].tolist() == ["isForcedLabour"]


def test_equal_rows_are_different_persons(tmp_path):
    assert len(kanon(tmp_path, *[{"gender": "Male"}] * 3).table) == 3


def test_a_row_cut_off_is_refused_and_blank_rows_are_none(tmp_path):
    path = written(tmp_path / "ctdc.csv", KANON, [{"gender": "Male"}, {"gender": "Female"}])
    text = path.read_text()
    path.write_text(text[: text.rindex("-99,-99,-99")] + "\n" + "," * 62 + "\n")
    release = ctdc.load(path)
    assert release.table["row"].tolist() == [2]
    assert release.refused["row"].tolist() == [3]
    assert "ends before" in release.refused["reason"][0]


def test_delimiter_and_order_of_columns_do_not_matter(tmp_path):
    rows = [{"gender": "Man", "isSexualExploit": "1"}]
    one = ctdc.load(written(tmp_path / "a.csv", SYNTHETIC, rows, missing=""))
    two = ctdc.load(written(tmp_path / "b.tsv", SYNTHETIC[::-1], rows, missing="NULL", sep="\t", encoding="utf-8-sig"))
    said = ["row", "gender", "isSexualExploit"]
    assert one.table[said].to_numpy().tolist() == two.table[said].to_numpy().tolist() == [[2, "Man", "1"]]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("a,b\n1,2\n", "unknown_layout"),
        (",".join(KANON[:-1]) + "\n", "unknown_layout"),
        (",".join([*SYNTHETIC, "isAbduction"]) + "\n", "unknown_layout"),
        (",".join(SYNTHETIC) + "\n" + "," * 40 + "1\n", "row_too_long"),
        (",".join(SYNTHETIC) + '\n"never closed' + "," * 26 + "\n", "unclosed_quotes"),
        ("", "unknown_layout"),
    ],
)
def test_a_wrong_or_damaged_file_is_one_sentence(tmp_path, content, says):
    path = tmp_path / "file.csv"
    path.write_text(content)
    with refused(ReleaseError, says):
        ctdc.load(path)


def test_missing_file_and_wrong_encoding(tmp_path):
    with refused(ReleaseError, "missing_file"):
        ctdc.load(tmp_path / "no.csv")
    (tmp_path / "utf16.csv").write_text(",".join(SYNTHETIC), encoding="utf-16")
    with refused(ReleaseError, "not_utf8", "UTF-8"):
        ctdc.load(tmp_path / "utf16.csv")


def test_random_files_against_a_reading_row_by_row(tmp_path):
    draw = np.random.default_rng(7)
    flags = [name for name in KANON if name.startswith("typeOfSex") and "Concat" not in name]
    rows = [dict(zip(flags, draw.choice(["1", "0", "-99", "2", "yes"], len(flags)), strict=True)) for _ in range(300)]
    wrong = {
        number: {name for name, cell in row.items() if cell in ("2", "yes")} for number, row in enumerate(rows, start=2)
    }
    release = kanon(tmp_path, *rows)
    found = dict(zip(release.refused["row"], release.refused["column"].str.split(", ").map(set), strict=True))
    assert found == {number: names for number, names in wrong.items() if names}
    assert release.table["row"].tolist() == [number for number, names in wrong.items() if not names]
