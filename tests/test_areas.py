"""The areas of the three studies, and what happens to an id that is none of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused

from analysis import areas


def test_the_three_studies_have_9_provinces_16_countries_and_10_islands():
    counted = areas.load()["study"].value_counts().to_dict()
    demonstrations = {"demo_provinces": 9, "demo_islands": 10}
    assert counted == {"west_africa": 16, "cabo_verde": 10, "turkiye": 9, **demonstrations}
    assert {study for study in areas.STUDIES if areas.STUDIES[study].is_synthetic} == set(demonstrations)
    assert set(areas.reported()) == {"turkiye", "west_africa", "cabo_verde"}


def test_the_nine_provinces_are_those_of_the_study_with_their_plate_number_as_pcode():
    table = areas.load("turkiye").set_index("area_id")
    # Plates: İstanbul 34, Hatay 31, Gaziantep 27, Şanlıurfa 63, Kilis 79, Adana 01, İzmir 35, Konya 42, Bursa 16.
    assert sorted(table.index) == [f"TR-{plate}" for plate in ("01", "16", "27", "31", "34", "35", "42", "63", "79")]
    assert table.loc["TR-63", ["name_local", "pcode"]].tolist() == ["Şanlıurfa", "TUR063"]


@pytest.mark.parametrize("study", list(areas.STUDIES))
def test_every_area_has_a_boundary_under_its_own_id(study):
    shapes = areas.boundaries(study)
    assert list(shapes["area_id"]) == list(areas.load(study)["area_id"])
    assert shapes.geometry.notna().all() and not shapes.geometry.is_empty.any() and shapes.geometry.is_valid.all()
    assert shapes.crs.to_epsg() == 4326


def test_a_boundary_lies_where_its_area_is():
    # Longitude and latitude of the city of Gaziantep, of Dakar, and of Praia.
    for area_id, lon, lat in (("TR-27", 37.38, 37.07), ("SEN", -17.40, 14.75), ("CPV-SANTIAGO", -23.51, 14.95)):
        shape = areas.boundaries(areas.get(area_id).study).set_index("area_id").geometry[area_id]
        west, south, east, north = shape.bounds
        assert west < lon < east and south < lat < north


def test_the_layers_to_draw_beneath_have_81_provinces_and_22_municipalities():
    assert len(areas.background("provinces")) == 81
    assert len(areas.background("municipalities")) == 22
    # Natural Earth's own ISO_A3 is -99 for France: the id must be the one that evidence uses.
    assert {"FRA", "NOR", "TUR", "SEN"} <= set(areas.background("world")["area_id"])


def test_no_column_is_called_area_since_that_is_the_geometrys_own():
    for study in areas.STUDIES:
        assert "area" not in areas.boundaries(study).columns


def test_a_study_stands_for_its_areas_as_a_whole():
    assert areas.get("west_africa").is_study
    assert not areas.get("SEN").is_study


@pytest.mark.parametrize(
    "area_id, nearest",
    [
        ("TR-99", ("unknown_area", "TR-79 (Kilis)")),
        ("SEM", ("unknown_area", "SEN (Senegal)")),
        ("CPV-SANTIGO", ("unknown_area", "CPV-SANTIAGO (Santiago)")),
        ("Gaziantp", ("unknown_area", "TR-27 (Gaziantep)")),
        ("Şanliurf", ("unknown_area", "TR-63 (Şanlıurfa)")),
        ("Cabo Verde", ("ambiguous_area", "CPV (Cabo Verde) or cabo_verde")),
        ("XYZ", ("unknown_area", "python -m analysis status --areas")),
    ],
)
def test_an_unknown_id_gets_a_sentence_with_the_nearest_ones(area_id, nearest):
    with refused(areas.UnknownArea, *nearest):
        areas.get(area_id)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("TR-27", "TR-27"),
        ("tr-27", "TR-27"),
        ("Gaziantep", "TR-27"),
        ("GAZİANTEP", "TR-27"),
        ("gazıantep", "TR-27"),
        ("Şanlıurfa", "TR-63"),
        ("sanliurfa", "TR-63"),
        ("Senegal", "SEN"),
        ("Sénégal", "SEN"),
        ("cote d'ivoire", "CIV"),
        ("Gambia", "GMB"),
        ("Guinea", "GIN"),
        ("Guinea Bissau", "GNB"),
        ("sao vicente", "CPV-SAOVICENTE"),
        ("Türkiye", "turkiye"),
        ("West Africa", "west_africa"),
    ],
)
def test_an_area_is_known_by_its_name_in_any_case_and_with_or_without_accents(typed, meant):
    assert areas.named(typed) == meant == areas.get(typed).area_id


def test_an_area_is_given_as_it_is_and_a_study_by_any_of_its_names():
    sen, whole = areas.get("SEN"), areas.get("west_africa")
    assert areas.get(sen) is sen and areas.get(whole) is whole
    for study in ("west_africa", "West Africa", "Batı Afrika", whole):
        assert areas.study_id(study) == "west_africa" and areas.get("senegal", study) == sen
        assert areas.ids(study) == areas.ids("west_africa") and list(areas.names(study)) == areas.ids(study)
    assert areas.study_id(None) is None
    for wrong in (sen, "SEN", "Senegal"):
        with pytest.raises(areas.UnknownArea):
            areas.boundaries(wrong)


def test_where_files_are_made_or_deleted_a_study_is_called_by_its_id_alone():
    assert areas.require_study("west_africa") is None
    for text in ("West Africa", "WEST_AFRICA", "../west_africa", "SEN", ""):
        with refused(areas.UnknownArea, "unknown_area", "There is no study"):
            areas.require_study(text)


def test_a_name_is_sought_within_the_study_that_is_named():
    assert areas.get("Cabo Verde", "west_africa").area_id == "CPV"
    with refused(areas.UnknownArea, "unknown_area", "no area 'Senegal' in turkiye"):
        areas.get("Senegal", "turkiye")


@given(st.sampled_from([*areas.ids(), *areas.STUDIES]))
def test_every_id_names_itself(area_id):
    assert areas.named(area_id) == area_id == areas.named(area_id.lower()) == areas.named(area_id.upper())


def test_a_name_that_a_country_and_a_study_share_is_asked_back_unless_the_study_is_said():
    with refused(areas.UnknownArea, "ambiguous_area", "CPV (Cabo Verde)", "cabo_verde (Cabo Verde as a whole)"):
        areas.named("Cabo Verde")
    assert areas.named("Cabo Verde", "west_africa") == "CPV"
    assert areas.named("Cabo Verde", "cabo_verde") == "cabo_verde"
    # Where only a study can be meant there is nothing to ask.
    assert areas.named("cabo verde", what="study") == "cabo_verde"


def test_a_name_of_another_study_is_known_so_that_whoever_asks_can_say_whose_it_is():
    assert areas.named("Gaziantep", "cabo_verde") == "TR-27"


@pytest.mark.parametrize("typed", ["XYZ", "Batman", "", "-"])
def test_what_is_like_no_area_gets_no_wrong_hint(typed):
    with refused(areas.UnknownArea, "unknown_area", "python -m analysis status --areas") as refusal:
        areas.named(typed)
    assert "nearest" not in str(refusal.value)


def test_the_nearest_of_a_mistyped_name_is_the_one_that_was_meant_and_no_other():
    with refused(areas.UnknownArea, "unknown_area") as refusal:
        areas.named("Gazantep")
    assert str(refusal.value).endswith("The nearest is: TR-27 (Gaziantep).")


@pytest.mark.slow
@given(st.text())
def test_no_text_that_is_not_an_id_gets_through(text):
    known = {*areas.load()["area_id"], *areas.STUDIES}
    try:
        # A name gets through as the id that it is a name of, and as no text of whoever typed it.
        assert areas.get(text).area_id in known and text.isprintable()
    except areas.UnknownArea as refusal:
        assert text not in known and "\n" not in str(refusal)


@pytest.mark.parametrize("text", ["../etc", "TR-27\n", " TR-27", "TR-27/..", "", "TR-27;rm", "ＴＲ-27", "٢", "a" * 500])
def test_hostile_ids_are_refused(text):
    with pytest.raises(areas.UnknownArea):
        areas.get(text)
