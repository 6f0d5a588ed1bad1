"""Who calls a function with a place gives an id, a name, or the `Area`, and it is all the same."""

import ast
import importlib
import inspect
import json
import pkgutil
import re

import geopandas as gpd
import pandas as pd
import pytest
from IPython.display import DisplayObject
from refusals import refused

from analysis import areas, evidence, exhibits, explorer
from analysis.areas import Area
from analysis.catalog import ROOT
from analysis.exhibits import Exhibit, detection
from analysis.exhibits.any_place import by_any_name
from analysis.exhibits.table import Table
from bounded.refusal import Coded

SENEGAL = ("SEN", "the senegal", areas.get("SEN"))
WEST_AFRICA = ("west_africa", "West Africa", areas.get("west_africa"))
MODULES = [
    areas,
    evidence,
    explorer,
    exhibits,
    *(importlib.import_module(f"analysis.exhibits.{each.name}") for each in pkgutil.iter_modules(exhibits.__path__)),
]
# What a parameter is annotated with that takes a place, or several.
OF_PLACES = {"Place", "Place | None", "Places", Area | str}


def functions():
    """The public functions of the modules, with the names of their parameters that take places."""
    for module in MODULES:
        for name, each in vars(module).items():
            if inspect.isfunction(each) and each.__module__ == module.__name__ and not name.startswith("_"):
                yield f"{module.__name__}.{name}", each


def sources():
    """What the templates and the pages of the documentation run, each as one text."""
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        yield "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    for path in (ROOT / "docs").rglob("*.md"):
        yield "\n".join(re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), flags=re.DOTALL))
    for path in (ROOT / "docs" / "gallery").glob("*.py"):
        yield path.read_text(encoding="utf-8")


def called_with_places():
    """The functions that a template or a page calls with a place: ``analysis.exhibits.detection.preferred``."""
    for text in sources():
        try:
            tree = ast.parse(text)
        except SyntaxError:
            continue  # a page that shows parts of a program
        imported = {
            alias.asname or alias.name: f"{each.module}.{alias.name}"
            for each in ast.walk(tree)
            if isinstance(each, ast.ImportFrom)
            for alias in each.names
        }
        for call in ast.walk(tree):
            if isinstance(call, ast.Call):
                given = {ast.unparse(each) for each in (*call.args, *(named.value for named in call.keywords))}
                first, dot, rest = ast.unparse(call.func).partition(".")
                if first in imported and given & {"place", "place.study", "place.area_id", "area", "'SEN'"}:
                    yield f"{imported[first]}{dot}{rest}"


def of_places(function):
    return [name for name, each in inspect.signature(function).parameters.items() if str(each.annotation) in OF_PLACES]


def test_what_templates_and_pages_call_with_a_place_takes_it_in_any_spelling():
    known = dict(functions())
    found = {name: known[name] for name in called_with_places() if name in known}
    assert len(found) > 150
    assert [name for name, each in found.items() if not of_places(each)] == []


def test_no_public_function_of_an_exhibit_asks_for_an_area_alone():
    asking = {
        name
        for name, each in functions()
        if name.startswith("analysis.exhibits.")
        for parameter in inspect.signature(each).parameters.values()
        if parameter.annotation in (Area, "Area")
    }
    assert asking == set()


def test_a_place_is_an_area_within_the_function_wherever_it_stands():
    def given(first, place: Area, *others, whole: "Area" = None, plain="SEN"):
        return first, place, others, whole, plain

    taking = by_any_name(given)
    sen, study = areas.get("SEN"), areas.get("west_africa")
    assert taking("SEN", "senegal", "SEN", whole="West Africa") == ("SEN", sen, ("SEN",), study, "SEN")
    assert taking("SEN", place=sen, plain="x") == ("SEN", sen, (), None, "x")
    assert by_any_name(functions) is functions
    with refused(areas.UnknownArea, "unknown_area", "SEN (Senegal)"):
        taking(1, "Senegall")


def shown(result):
    """A result as what can be compared: tables and texts, not the figures, which are drawn from them."""
    if isinstance(result, Exhibit):
        return [shown(each) for each in (result.name, result.title, result.table, result.limits, result.source_ids)]
    if isinstance(result, Table):
        return shown(result.numbers)
    if isinstance(result, gpd.GeoDataFrame):
        return result.to_json()
    if isinstance(result, pd.DataFrame | pd.Series):
        return result.to_json(date_format="iso", orient="split", default_handler=str)
    if isinstance(result, DisplayObject):
        return result.data
    if isinstance(result, dict):
        return {shown(name): shown(each) for name, each in result.items()}
    if isinstance(result, list | tuple):
        return [shown(each) for each in result]
    return repr(result)


def outcome(function, place):
    """What a function says of a place, or why it says nothing."""
    try:
        return shown(function(place))
    except Coded as error:  # of persons there are no tables where the batch has not run
        return error.code, str(error)


# A widget is compared below, an Area is no text, and one fit takes half a minute.
APART = ("analysis.explorer.explore", "analysis.areas.get")
# What one place is enough for.
ALONE = {
    name: each
    for name, each in functions()
    if of_places(each)[:1] == [next(iter(inspect.signature(each).parameters), None)]
    and not any(
        parameter.default is parameter.empty and parameter.kind is not parameter.VAR_POSITIONAL
        for parameter in list(inspect.signature(each).parameters.values())[1:]
    )
    and name not in APART
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ALONE)
def test_three_spellings_have_one_result(name):
    function = ALONE[name]
    spellings = WEST_AFRICA if name.startswith("analysis.areas.") or "study" in of_places(function) else SENEGAL
    said = [outcome(function, place) for place in spellings]
    assert said[0] == said[1] == said[2]


@pytest.mark.parametrize("place", SENEGAL)
def test_years_and_explorer_of_a_country(place):
    assert detection.preferred(place).equals(detection.preferred(areas.get("SEN")))
    said, *_ = explorer.explore(place, live=False).parts
    assert "Senegal" in said.data
