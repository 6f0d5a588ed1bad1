"""A method that may refuse: of a refused one the reason stands in place of its result.

The same call with the same data is computed once in a process: findings state what the figure above them shows.
"""

from __future__ import annotations

import hashlib
import inspect
import io
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import pandas as pd

from bounded.refusal import Refusal

Result = TypeVar("Result")


_computed: dict[bytes, Any] = {}


@dataclass(frozen=True)
class NoResult:
    """The refusal of a method, in its own words and by its code."""

    reason: str
    code: str

    @classmethod
    def of(cls, refusal: Refusal) -> NoResult:
        """The refusal of a method, as a result."""
        return cls(str(refusal), refusal.code)

    def _repr_html_(self) -> str:
        """A working table as a DataFrame is one: whoever works sees it, and no page has it."""
        return str(pd.DataFrame({"refused": [self.code], "reason": [self.reason]}).to_html(index=False))


def attempt(method: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Result | NoResult:
    """Call a method with its arguments: ``attempt(trends.joinpoint, counts, permutations=4499)``.

    Parameters
    ----------
    method : any function that refuses what its data cannot carry.
    args, kwargs : what it is called with; where one of them was itself refused, the call is, for the same reason.

    Returns
    -------
    What the method returns, or `NoResult`. All other errors are raised.
    """
    for given in (*args, *kwargs.values()):
        if isinstance(given, NoResult):
            return given
    key = _key(method, args, kwargs)
    if key not in _computed:
        try:
            _computed[key] = method(*args, **kwargs)
        except Refusal as refusal:
            _computed[key] = NoResult.of(refusal)
    return _computed[key]


def _key(method: Callable, args: tuple, kwargs: dict[str, Any]) -> bytes:
    """The method and all of its arguments, those left out by their defaults, as a digest."""
    bound = inspect.signature(method).bind(*args, **kwargs)
    bound.apply_defaults()
    # Of a bound method the object is an argument that its signature does not name.
    of = getattr(method, "__self__", None)
    written = io.BytesIO()
    pickler = pickle.Pickler(written)
    # Without its memory of objects seen before, equal data are written alike whoever shares which parts of them.
    pickler.fast = True
    pickler.dump((method.__module__, method.__qualname__, of, bound.arguments))
    return hashlib.sha256(written.getvalue()).digest()
