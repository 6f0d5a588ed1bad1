"""Counts and rates that are known as intervals, and errors that carry a code.

``intervals`` has the computations, ``refusal`` the errors and cautions, ``result_plots`` plain pictures of results,
``notebook_figure`` the figure that a notebook shows, ``notebook_result`` how it shows a result.
"""

__all__ = ["intervals", "refusal", "result_plots"]
