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


def all_no(*names):
    return dict.fromkeys([column for column in KANON if column.startswith(names) and "Concat" not in column], "0")


def test_columns_are_those_of_the_two_files():
    assert (len(KANON), len(SYNTHETIC)) == (63, 27)


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
    assert release.kind == record["kind"] == "public"
    assert record[["row", "record_id"]].tolist() == [2, "ctdc-000002"]
    assert (record["date_low"], record["date_high"]) == (pd.Timestamp("2016-01-01"), pd.Timestamp("2016-12-31"))
    assert record["date_precision"] == "year"
    assert record[["sex", "age_low", "age_high", "child"]].tolist() == ["female", 9, 17, "yes"]
    assert record[["nationality", "area_id"]].tolist() == ["SEN", "TUR"]
    assert record["exploitation"] == "ForcedBegging;ForcedLabour"
    assert record["sector"] == "G;T"
    assert record["means_of_control"] == "DebtBondage;WithholdsDocuments"
    assert record["recruiter"] == "Familial"
    assert record["not_one_to_one"] == "typeOfLabourBegging;typeOfLabourDomesticWork;typeOfLabourPeddling"
    assert release.account.iloc[0].tolist() == ["ctdc.csv", 1, 1, 0, 0]


def test_what_is_not_stated_stays_unknown(tmp_path):
    record = kanon(tmp_path, {"meansOfControlThreats": "0"}).table.iloc[0]
    text = [
        "sex",
        "nationality",
        "area_id",
        "exploitation",
        "sex_exploitation",
        "sector",
        "means_of_control",
        "recruiter",
    ]
    assert (record[text] == "").all()
    assert (record["child"], record["date_precision"]) == ("unknown", "unknown")
    assert pd.isna(record[["date_low", "date_high", "age_low", "age_high"]]).all()


def test_zero_is_no_only_where_every_flag_is(tmp_path):
    means = all_no("meansOfControl")
    table = kanon(
        tmp_path,
        means | {"isForcedLabour": "1"},
        means | {"meansOfControlNotSpecified": "1"},
        means | {"meansOfControlThreats": "1"},
        means | {"meansOfControlOther": "-99"},
        means | {"meansOfControlOther": "1", "meansOfControlSexualAbuse": "1"},
    ).table
    assert table["means_of_control"].tolist() == ["None", "", "", "", "Other;SexualAbuse"]
    assert table["not_one_to_one"].tolist() == ["", "", "meansOfControlThreats", "", ""]


def test_a_sector_and_a_recruiter_are_never_none(tmp_path):
    record = kanon(tmp_path, all_no("typeOfLabour", "typeOfSex", "recruiterRelation")).table.iloc[0]
    assert record[["sector", "recruiter", "sex_exploitation"]].tolist() == ["", "", "None"]


def test_a_blank_of_the_synthetic_file_is_never_no(tmp_path):
    release = synthetic(tmp_path, {"yearOfRegistration": "2020"}, {"isForcedLabour": "1", "meansAbusePsyPhySex": "1"})
    assert release.table["means_of_control"].tolist() == ["", ""]
    assert release.table["exploitation"].tolist() == ["", "ForcedLabour"]
    assert release.table["not_one_to_one"].tolist() == ["", "meansAbusePsyPhySex"]


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
    assert set(release.table["kind"]) == {"synthetic"}
    assert release.title.startswith("SYNTHETIC")
    assert any(caution.startswith("SYNTHETIC") for caution in release.cautions)
    first, second = release.table.to_dict("records")
    assert (first["sex"], first["age_low"], first["nationality"], first["area_id"]) == ("female", 48, "NAM", "CPV")
    assert pd.isna(first["age_high"]) and (first["months_low"], first["months_high"]) == (13, 24)
    assert second["sex"] == "other" and pd.isna(second["age_low"])
    assert second["months_low"] == 25 and pd.isna(second["months_high"])


@pytest.mark.parametrize(
    ("age", "registered", "at_exploitation", "child"),
    [
        ("9--17", "-99", "-99", "yes"),  # a minor when registered was one before
        ("-99", "Minor", "-99", "yes"),
        ("18--20", "Adult", "-99", "unknown"),  # may have been exploited at 17
        ("21--23", "Adult", "Minor", "yes"),
        ("21--23", "Adult", "Adult", "no"),
        ("9--17", "Minor", "Adult", "unknown"),  # cannot be
        ("-99", "-99", "-99", "unknown"),
    ],
)
def test_child_is_by_the_age_when_exploitation_began(tmp_path, age, registered, at_exploitation, child):
    row = {"ageBroad": age, "majorityStatus": registered, "majorityStatusAtExploit": at_exploitation}
    assert kanon(tmp_path, row).table["child"].tolist() == [child]


def test_namibia_is_no_missing_value(tmp_path):
    assert kanon(tmp_path, {"citizenship": "NA"}).table["nationality"].tolist() == ["NAM"]


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
    pd.testing.assert_frame_equal(one.table, two.table)


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


def test_every_flag_of_both_files_is_mapped_to_words_of_the_standard():
    # HTCDS 2.0 (IOM), and ISIC rev. 4 sections.
    words = {
        "exploitation": "ForcedLabour SexualExploitation ChildLabour ForcedMarriage Servitude "
        "ForcedMilitaryByNonStateActors OrganRemoval ForcedBegging ForcedAdoption Surrogacy Other",
        "sex_exploitation": "Prostitution Pornography RemoteInteractiveServices PrivateSexualServices",
        "means_of_control": "PhysicalThreats ThreatsLawEnforcement ThreatensChildrenFamily DebtBondage FalsePromises "
        "PhysicalAbuse SexualAbuse TakesEarnings RestrictsFinancialAccess RestrictsMedicalCare WithholdsNecessities "
        "PsychologicalAbuse PsychoactiveSubstance ExcessiveWorkingHours WithholdsDocuments Other",
        "sector": " ".join("ABCDEFGHIJKLMNOPQRSTU"),
        "recruiter": "Familial Acquainted Unaquainted",
        "recruitment": "",
    }
    read = (ctdc.KANON, ctdc.SYNTHETIC)
    for flag in (flag for flags in read for flag in flags):
        assert set(flag.code.split(";")) <= {*words[flag.field].split(), ""}
        assert flag.code or flag.note
    plain = ("year", "gender", "age", "majority", "citizenship", "Country", "Datasource", "Recruiter", "traffick")
    for flags, columns in zip(read, (KANON, SYNTHETIC), strict=True):
        named = [name for name in columns if not name.startswith(plain) and "Concatenated" not in name]
        assert sorted(flag.column for flag in flags) == sorted(named)


def test_random_files_against_a_reading_row_by_row(tmp_path):
    draw = np.random.default_rng(7)
    labour = [name for name in KANON if name.startswith("typeOfSex") and "Concat" not in name]
    rows = [dict(zip(labour, draw.choice(["1", "0", "-99"], len(labour)), strict=True)) for _ in range(300)]
    expected = []
    for row in rows:
        codes = sorted(name.removeprefix("typeOfSex") for name, cell in row.items() if cell == "1")
        expected.append("None" if set(row.values()) == {"0"} else ";".join(codes))
    assert kanon(tmp_path, *rows).table["sex_exploitation"].tolist() == expected
    assert "None" in expected
