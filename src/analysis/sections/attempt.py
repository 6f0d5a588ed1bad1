"""A method that may refuse, called from a notebook: its result, or the reason why there is none.

The same call with the same data is computed once in a process: findings state what the figure above them shows.
"""

from __future__ import annotations

import hashlib
import inspect
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from bounded.refusal import Refusal

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

_computed: dict[bytes, Any] = {}


@dataclass(frozen=True)
class Refused:
    """Why a method gave no result, in the method's own words and by its code."""

    reason: str
    code: str


def attempt(
    method: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Result | Refused:
    """Call a method with its arguments: ``attempt(trends.joinpoint, counts, permutations=4499)``.

    Parameters
    ----------
    method : any function that refuses what its data cannot carry.
    args, kwargs : what it is called with.

    Returns
    -------
    What the method returns, or `Refused`. All other errors are raised. A refusal among the arguments is handed on.
    """
    for given in (*args, *kwargs.values()):
        if isinstance(given, Refused):
            return given
    key = _key(method, args, kwargs)
    if key not in _computed:
        try:
            _computed[key] = method(*args, **kwargs)
        except Refusal as refusal:
            _computed[key] = Refused(str(refusal), refusal.code)
    return _computed[key]


def _key(method: Callable, args: tuple, kwargs: dict[str, Any]) -> bytes:
    """The method and all of its arguments, those left out by their defaults, as a digest."""
    bound = inspect.signature(method).bind(*args, **kwargs)
    bound.apply_defaults()
    return hashlib.sha256(pickle.dumps((method.__module__, method.__qualname__, bound.arguments))).digest()
