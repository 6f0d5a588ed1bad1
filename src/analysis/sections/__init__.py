"""What a notebook's sections need besides data, method and plot: titles, limits, sources, sentences, `publish`."""

from analysis.sections.section import NoResult, Section, absent, attempt, elsewhere, heading, publish

__all__ = ["NoResult", "Section", "absent", "attempt", "elsewhere", "heading", "publish"]
