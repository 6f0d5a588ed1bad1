"""Findings: what the analyses state, each with its value, interval, n, method, inputs and limits, as one table."""

from importlib import import_module

_IN = {"FINDINGS": "recorded", "record": "recorded", "Finding": "finding", "FindingError": "finding", "sentence": "sentences"}


def __getattr__(name: str) -> object:
    if name in _IN:
        return getattr(import_module(f"analysis.findings.{_IN[name]}"), name)
    raise AttributeError(name)
