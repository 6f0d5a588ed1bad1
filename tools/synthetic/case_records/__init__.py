"""Synthetic studies whose truth is known: persons, lists that catch some of them, and files as messy as real ones.

Nothing in them is about a real person. They show what a case list looks like, and whether intake, linkage and
estimates find what was simulated.
"""

from tools.synthetic.case_records.files import write
from tools.synthetic.case_records.study import SEED, STUDIES, Study, UnknownStudy, study

__all__ = ["SEED", "STUDIES", "Study", "UnknownStudy", "study", "write"]
