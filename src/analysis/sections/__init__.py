"""What a notebook's sections need besides data, method and plot: titles, limits, sources, sentences, `publish`."""

from analysis.sections.attempt import NoResult, attempt
from analysis.sections.section import Section, elsewhere, heading, publish

__all__ = ["NoResult", "Section", "attempt", "elsewhere", "heading", "publish"]
