"""What the notebooks show: each exhibit puts one question to the evidence, for one area or a whole study."""

from analysis.sections.section import Exhibit, heading

__all__ = ["Exhibit", "heading"]
