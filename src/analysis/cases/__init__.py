"""Case records: from files as received to validated records, linked persons and capture histories."""

from analysis.cases.intake import Intake, intake

__all__ = ["Intake", "intake"]
