"""What a notebook's sections need besides data, method and plot: titles, limits, sources, sentences, `publish`."""

from analysis.sections.attempt import Refused, attempt
from analysis.sections.section import Section, elsewhere, heading, publish

__all__ = ["Refused", "Section", "attempt", "elsewhere", "heading", "publish"]
