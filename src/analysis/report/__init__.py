"""What is released: figures, one page an area and analysis, and the index that leads to them."""

from analysis.report.index import write_index
from analysis.report.pages import publish, withdraw

__all__ = ["publish", "withdraw", "write_index"]
