"""What the notebooks show: each exhibit puts one question to the evidence, for one area or a whole study."""

from analysis.exhibits.exhibit import Exhibit, heading

__all__ = ["Exhibit", "heading"]
