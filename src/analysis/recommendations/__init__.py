"""Recommendations and commitments: what people write, and what the findings say of the conditions that it rests on."""

from analysis.recommendations.authorities import Authority
from analysis.recommendations.conditions import MET, NOT_KNOWN, NOT_MET, ConditionError, TextsError, UnknownFinding
from analysis.recommendations.evaluation import (
    Evaluated,
    addressees,
    bodies,
    by_area,
    evaluate,
    order,
    progress,
    recommendations,
)
from analysis.recommendations.texts import Recommendation, Texts, read

__all__ = [
    "MET",
    "NOT_KNOWN",
    "NOT_MET",
    "Authority",
    "ConditionError",
    "Evaluated",
    "Recommendation",
    "Texts",
    "TextsError",
    "UnknownFinding",
    "addressees",
    "bodies",
    "by_area",
    "evaluate",
    "order",
    "progress",
    "read",
    "recommendations",
]
