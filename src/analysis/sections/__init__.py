"""What a notebook's sections need besides data, method and plot: titles, limits, sources, sentences, `publish`."""

from analysis.sections.section import NoResult, Section, attempt, elsewhere, heading, publish

__all__ = ["NoResult", "Section", "attempt", "elsewhere", "heading", "publish"]
