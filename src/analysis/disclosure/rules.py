"""Rules for what is no count: estimates of a model, and what stands where a number is withheld."""

from __future__ import annotations

from analysis.disclosure.audit import K

# Printed where a number is withheld.
WITHHELD = "withheld"
# Fewer would let the data be worked out from the estimates.
DEGREES_OF_FREEDOM = 10


def estimate_may_leave(n: float, parameters: int, k: int = K) -> bool:
    """Whether estimates of a model say too little of any person to be kept back.

    Parameters
    ----------
    n : persons that the model was fitted to.
    parameters : how many numbers were estimated from them.
    k : the smallest group of persons that may be known.

    Returns
    -------
    True from k persons and 10 residual degrees of freedom on: estimates that nearly reproduce the data are the data.

    Source
    ------
    Brandt et al. (2010), Guidelines for the checking of output based on microdata research.
    """
    return n >= k and n - parameters >= DEGREES_OF_FREEDOM
