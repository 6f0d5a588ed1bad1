"""Functions that are given an area take an id or a name of it as well, so that a notebook names places as it likes."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from analysis import areas
from analysis.areas import Area

Made = TypeVar("Made")


def take_names(module: str) -> None:
    """Have all public functions of a module that are given an `Area` take an id or a name as well.

    Parameters
    ----------
    module : its ``__name__``; it asks for this in its last line.
    """
    namespace = vars(sys.modules[module])
    for name, each in list(namespace.items()):
        if inspect.isfunction(each) and each.__module__ == module and not name.startswith("_"):
            namespace[name] = by_any_name(each)


def by_any_name(function: Callable[..., Made]) -> Callable[..., Made]:
    """The function, which now takes an id or a name wherever it is given an `Area`; see `areas.get`."""
    signature = inspect.signature(function)
    given = list(signature.parameters.values())
    wanted = {each.name for each in given if each.annotation in (Area, "Area")}
    if not wanted:
        return function
    ordered = [each.name for each in given if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]

    @wraps(function)
    def called(*args: Any, **kwargs: Any) -> Made:
        first = [areas.get(each) if name in wanted else each for name, each in zip(ordered, args, strict=False)]
        named = {name: areas.get(each) if name in wanted else each for name, each in kwargs.items()}
        return function(*first, *args[len(first) :], **named)

    shown = [each.replace(annotation="Place") if each.name in wanted else each for each in given]
    called.__signature__ = signature.replace(parameters=shown)  # type: ignore[attr-defined]
    return called
