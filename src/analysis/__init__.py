"""The functions that the notebooks of the assessment share."""
