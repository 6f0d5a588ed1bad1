"""Plans of studies of hidden populations: what each design would find under assumptions, how surely, and at what cost."""

from study_design.combined import Combined, agreement, joint
from study_design.comparison import ETHICS, EXAMPLE_COSTS, Plan, compare
from study_design.designs import HouseholdSurvey, NetworkScaleUp, TimeLocation
from study_design.lists import AdministrativeLists
from study_design.population import MISSPECIFICATIONS, Population, misspecified
from study_design.respondent_driven import RespondentDriven

__all__ = [
    "ETHICS", "EXAMPLE_COSTS", "MISSPECIFICATIONS", "AdministrativeLists", "Combined", "HouseholdSurvey",
    "NetworkScaleUp", "Plan", "Population", "RespondentDriven", "TimeLocation", "agreement", "compare", "joint",
    "misspecified",
]  # fmt: skip
