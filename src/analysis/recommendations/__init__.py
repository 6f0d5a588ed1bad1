"""Recommendations and commitments: what people write, and what the findings say of the conditions that it rests on."""

from analysis.recommendations.conditions import MET, NOT_KNOWN, NOT_MET, Evaluated, UnknownFinding, evaluate
from analysis.recommendations.evaluation import progress, recommendations
from analysis.recommendations.texts import Texts, read
from analysis.recommendations.yaml_positions import TextsError

__all__ = [
    "MET",
    "NOT_KNOWN",
    "NOT_MET",
    "Evaluated",
    "Texts",
    "TextsError",
    "UnknownFinding",
    "evaluate",
    "progress",
    "read",
    "recommendations",
]
