"""How many persons were detected, and what that allows to say of how many there are."""

from analysis.incidence.existence import model_status
from analysis.incidence.lower_bound import chao_lower_bound
from analysis.incidence.model_averaging import ModelAverage, model_average
from analysis.incidence.multiple_systems import MultipleSystems, multiple_systems
from analysis.incidence.rates import poisson_interval, rate_table
from analysis.incidence.refusal import NotIdentifiable
from analysis.incidence.robustness import Robustness, robustness

__all__ = [
    "ModelAverage",
    "MultipleSystems",
    "NotIdentifiable",
    "Robustness",
    "chao_lower_bound",
    "model_average",
    "model_status",
    "multiple_systems",
    "poisson_interval",
    "rate_table",
    "robustness",
]
