"""Findings: what the analyses state, each with its value, interval, n, method, inputs and limits, as one table."""

from analysis.findings.finding import Finding, FindingError
from analysis.findings.recorded import FINDINGS, record
from analysis.findings.sentences import sentence

__all__ = ["FINDINGS", "Finding", "FindingError", "record", "sentence"]
