"""The report in print: a PDF set by Typst, and a Word file made by pandoc."""

from analysis.report.book.as_docx import docx
from analysis.report.book.as_pdf import pdf
from analysis.report.book.outline import BrokenLink

__all__ = ["BrokenLink", "docx", "pdf"]
