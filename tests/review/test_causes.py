"""Causes of what shows what notebooks state, and inputs in words."""

from __future__ import annotations

from analysis.review import causes
from analysis.review.attribution import ALONE, NOT_ATTRIBUTED, Cause
from analysis.review.inputs import Input

ROW = Input("counts::row::a", "row", "a", "data/raw/counts.csv", "SEN,1", "SEN,2", 4, 4, "value: 1 → 2")
OTHER = Input("counts::row::b", "row", "b", "data/raw/counts.csv", "GMB,3", "GMB,4", 5, 5, "value: 3 → 4")
CHAPTER = Input("pledge/a.md::text", "text", "pledge/a.md", "pledge/a.md", "Children wait.", "Children suffer.")


def change(name, area_id="", old="", new="", analysis="", path="", kind="sentence"):
    bounds = {f"{side}_{each}": "nan" for side in ("old", "new") for each in ("low", "high")}
    named = {"id": name, "area_id": area_id, "study": "", "analysis": analysis, "path": path, "places": path}
    return {**named, "kind": kind, "old_value": old, "new_value": new, **bounds}


def derived(*rest, alone=(ROW, OTHER, CHAPTER)):
    direct = [change("n1", "SEN", "1459", "1467"), change("n2", "GMB", "3", "4")]
    known = [Cause("n1", (ROW.id,), ALONE, ""), Cause("n2", (OTHER.id,), ALONE, "")]
    return {each.change: each for each in causes.derived(rest, [*direct, *rest], known, alone)}


def test_a_sentence_has_the_cause_of_the_number_that_it_shows():
    found = derived(
        change("s", "", "Senegal detected 1,459 victims in 2023.", "Senegal detected 1,467 victims in 2023.")
    )
    assert (found["s"].inputs, found["s"].how) == ((ROW.id,), causes.SHOWN)


def test_a_sentence_that_was_written_otherwise_has_its_text():
    found = derived(change("s", "", "Children wait.", "Children suffer."))
    assert (found["s"].inputs, found["s"].how) == ((CHAPTER.id,), causes.WORDS_OF)


def test_a_number_is_known_again_where_a_text_rounds_it():
    direct = [change("n1", "SEN", "36.8219", "41.0577")]
    sentence = change("s", "", "A rise of 36.8% was seen.", "A rise of 41.1% was seen.")
    known = [Cause("n1", (ROW.id,), ALONE, "")]
    (found,) = causes.derived([sentence], [*direct, sentence], known, (ROW, OTHER))
    assert found.how == causes.SHOWN


def test_a_file_has_the_causes_of_what_stands_in_it():
    page = "reports/report.html"
    told = change("s", "", "Senegal detected 1,459.", "Senegal detected 1,467.", path=page)
    other = change("t", "", "The Gambia detected 3.", "The Gambia detected 4.", path="reports/brief.html")
    found = derived(told, other, change("f", old="a1", new="b2", path=page, kind="file"))
    assert (found["f"].inputs, found["f"].how) == ((ROW.id,), causes.HELD)
    empty = derived(change("f", old="a1", new="b2", path="reports/search.html", kind="file"))
    assert empty["f"].how == NOT_ATTRIBUTED


def test_what_shows_nothing_that_is_known_is_not_attributed():
    found = derived(change("s", "", "Files: a", "Files: b"))
    assert (found["s"].inputs, found["s"].how) == ((), NOT_ATTRIBUTED)


def test_the_job_of_a_change_is_that_of_its_page():
    one = change("x", "GIN", analysis="incidence_", path="reports/west_africa/SEN/incidence_a.csv")
    assert causes.job_of({**one, "analysis": "incidence"}) == "west_africa/SEN/incidence"
    assert causes.job_of({**one, "analysis": "brief"}) == ""


def test_inputs_are_told_in_words():
    assert causes.in_words(ROW) == "row of counts.csv, line 4: value: 1 → 2"
    new = Input("m::function::g", "function", "g", "src/m.py", "", "def g(): ...", 0, 9, alone=False)
    caller = Input("m::function::f", "function", "f", "src/m.py", "def f(): 1", "def f(): g()", 3, 3)
    assert causes.in_words(caller, [new]) == "function f of src/m.py, line 3, with g"
