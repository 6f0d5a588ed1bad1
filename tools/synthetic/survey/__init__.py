"""A synthetic survey of children whose truth is known: drawn as the real one would be, and exported as it would arrive.

Nothing in it is about a real child. It shows whether intake, weights and estimates find what was simulated.
"""

from tools.synthetic.survey.sample import HOUSEHOLDS, PSUS, SEED, SyntheticSurvey, survey

__all__ = ["HOUSEHOLDS", "PSUS", "SEED", "SyntheticSurvey", "survey"]
