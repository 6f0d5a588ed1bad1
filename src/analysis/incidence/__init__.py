"""How many persons were detected, and what that allows to say of how many there are."""

from analysis.incidence.rates import poisson_interval, rate_table

__all__ = ["poisson_interval", "rate_table"]
