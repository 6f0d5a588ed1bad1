"""Counts and rates that are known as intervals, and errors that carry a code."""
