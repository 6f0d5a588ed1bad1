"""Findings: what the analyses state, each with its value, interval, n, method, inputs and limits, as one table."""
