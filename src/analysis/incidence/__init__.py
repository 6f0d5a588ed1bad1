"""How many persons were detected, and what that allows to say of how many there are."""

from analysis.incidence.existence import model_status
from analysis.incidence.multiple_systems import MultipleSystems, multiple_systems
from analysis.incidence.rates import poisson_interval, rate_table
from analysis.incidence.refusal import NotIdentifiable

__all__ = [
    "MultipleSystems",
    "NotIdentifiable",
    "model_status",
    "multiple_systems",
    "poisson_interval",
    "rate_table",
]
