"""The words of case records: fields and codes of the Human Trafficking Case Data Standard 2.0 (IOM, CC BY 4.0)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

MEANS_OF_CONTROL = {
    "PhysicalThreats": "Physical threats",
    "ThreatsLawEnforcement": "Threats of law enforcement",
    "ThreatensChildrenFamily": "Threatens children/family",
    "DebtBondage": "Debt bondage",
    "FalsePromises": "False promises",
    "PhysicalAbuse": "Physical abuse",
    "SexualAbuse": "Sexual abuse",
    "TakesEarnings": "Takes earnings",
    "RestrictsFinancialAccess": "Restricts financial access",
    "RestrictsMedicalCare": "Restricts medical care",
    "WithholdsNecessities": "Withholds necessities",
    "PsychologicalAbuse": "Psychological abuse",
    "PsychoactiveSubstance": "Psychoactive substance",
    "ExcessiveWorkingHours": "Excessive working hours",
    "WithholdsDocuments": "Withholds documents",
    "Other": "Other",
}
EXPLOITATION = {
    "ForcedLabour": "Forced labour",
    "SexualExploitation": "Sexual exploitation",
    "ChildLabour": "Child labour",
    "ForcedMarriage": "Forced marriage",
    "Servitude": "Servitude",
    "ForcedMilitaryByNonStateActors": "Forced military (by non-state actors)",
    "OrganRemoval": "Organ removal",
    "ForcedBegging": "Forced begging",
    "ForcedAdoption": "Forced adoption",
    "Surrogacy": "Surrogacy",
    "Other": "Other",
}
SEX_EXPLOITATION = {
    "Prostitution": "Prostitution",
    "Pornography": "Pornography",
    "RemoteInteractiveServices": "Remote Interactive Services",
    "PrivateSexualServices": "Private Sexual Services",
}
RECRUITMENT = {
    "AtAPlaceOfBusiness": "At a place of business",
    "AtAnEducationalInstitution": "At an educational institution",
    "AtWork": "At work",
    "ThroughOnlineSocialNetworks": "Through online social networks",
    "ThroughAnOnlineAdvertisement": "Through an online advertisement",
    "ThroughATelevisionAdvert": "Through a television advert",
    "ThroughANewspaperAdvert": "Through a newspaper advert",
    "ThroughFamilyOrFamilyEvents": "Through family or family events",
    "ThroughFriendsOrSocialEvents": "Through friends or social events",
    "Other": "Other",
}
NOT_A_VICTIM = "NotAVictimOfTrafficking"
STATUS = {
    "PossibleVictimOfTrafficking": "Possible victim of trafficking",
    "ActualVictimOfTrafficking": "Actual victim of trafficking",
    NOT_A_VICTIM: "Not a victim of trafficking",
}
# "Unaquainted" is how the standard spells it.
RECRUITER = {"Familial": "Familial", "Acquainted": "Acquainted", "Unaquainted": "Unacquainted"}
# Sections of ISIC rev. 4; the standard's own codes begin with the letter: A_AgricultureForestryAndFishing.
SECTOR = {
    "A": "Agriculture, forestry and fishing",
    "B": "Mining and quarrying",
    "C": "Manufacturing",
    "D": "Electricity, gas, steam and air conditioning supply",
    "E": "Water supply; sewerage, waste management and remediation",
    "F": "Construction",
    "G": "Wholesale and retail trade; repair of motor vehicles and motorcycles",
    "H": "Transportation and storage",
    "I": "Accommodation and food service activities",
    "J": "Information and communication",
    "K": "Financial and insurance activities",
    "L": "Real estate activities",
    "M": "Professional, scientific and technical activities",
    "N": "Administrative and support service activities",
    "O": "Public administration and defence; compulsory social security",
    "P": "Education",
    "Q": "Human health and social work activities",
    "R": "Arts, entertainment and recreation",
    "S": "Other service activities",
    "T": "Activities of households as employers",
    "U": "Activities of extraterritorial organizations and bodies",
}
_SECTOR_CODES = [
    "A_AgricultureForestryAndFishing",
    "B_MiningAndQuarrying",
    "C_Manufacturing",
    "D_ElectricityGasSteamAndAirConditioningSupply",
    "E_WaterSupplySewerageWasteManagement",
    "F_Construction",
    "G_WholesaleAndRetailTradeRepairOfMotorVehicles",
    "H_TransportationAndStorage",
    "I_AccommodationAndFoodServiceActivities",
    "J_InformationAndCommunication",
    "K_FinancialAndInsuranceActivities",
    "L_RealEstateActivities",
    "M_ProfessionalScientificAndTechnicalActivities",
    "N_AdministrativeAndSupportServiceActivities",
    "O_PublicAdministrationAndDefence",
    "P_Education",
    "Q_HumanHealthAndSocialWorkActivities",
    "R_ArtsEntertainmentAndRecreation",
    "S_OtherServiceActivities",
    "T_ActivitiesOfHouseholdsAsEmployers",
    "U_ActivitiesOfExtraterritorialOrganizations",
]
SEX = {"female": "Female", "male": "Male", "other": "Other"}
ROLES = {
    "origin": "Origin",
    "recruitment": "Recruitment",
    "transit": "Transit",
    "exploitation": "Exploitation",
    "detection": "Detection",
    "return": "Return",
}


@dataclass(frozen=True)
class Field:
    """One thing a source can say of a person.

    Parameters
    ----------
    kind : how its cells are read: ``date``, ``age``, ``code``, ``codes`` (several in one cell), ``country``, ``place``,
        or ``identity`` (replaced by keyed pseudonyms).
    htcds : name of the field in the standard, "" where it has none.
    codes : for ``code`` and ``codes``, the standard's codes with their labels.
    other_words : further words that stand for a code; "" for what means that nothing is known.
    """

    kind: str
    title: str
    htcds: str = ""
    codes: dict[str, str] | None = None
    other_words: dict[str, str] | None = None


FIELDS: dict[str, Field] = {
    "record": Field("identity", "Number of the record at its source"),
    "given_name": Field("identity", "Given name", "prs_FirstName"),
    "family_name": Field("identity", "Family name", "prs_SecondName"),
    "full_name": Field("identity", "Given and family name"),
    "phone": Field("identity", "Phone number", "prs_MobilePhone"),
    "document": Field("identity", "Number of an identity document", "prs_IdentityNumber"),
    "tokens": Field("identity", "Tokens in the place of names"),
    "birth": Field("date", "Date of birth", "prs_Birthdate"),
    "detected": Field("date", "Date of detection or registration"),
    "reported": Field("date", "Date of entry into the list"),
    "exploited": Field("date", "Date when exploitation began", "hte_Date"),
    "referred_in": Field("date", "Date of the incoming referral", "cas_IncomingReferralDate"),
    "referred_out": Field("date", "Date of the outgoing referral", "cas_OutgoingReferralDate"),
    "age": Field("age", "Age at detection (years)"),
    "age_exploited": Field("age", "Age when exploitation began (years)", "vic_AgeWhenTrafficked"),
    "sex": Field(
        "code",
        "Sex",
        "prs_Gender",
        SEX,
        {
            "f": "female",
            "m": "male",
            "woman": "female",
            "man": "male",
            "girl": "female",
            "boy": "male",
            "Feminine": "female",
            "Masculine": "male",
            "TransgenderFeminine": "other",
            "TransgenderMasculine": "other",
            "NonConforming": "other",
            "NonSpecifiedUnknown": "",
        },
    ),
    "nationality": Field("country", "Nationality", "prs_Citizenship"),
    "area": Field("place", "Place of detection or exploitation", "hte_State"),
    "status": Field("code", "Trafficking status", "vic_TraffickingStatus", STATUS),
    "exploitation": Field("codes", "Type of exploitation", "vic_TypeOfExploitation", EXPLOITATION),
    "sex_exploitation": Field("codes", "Type of sexual exploitation", "vic_TypeOfSexExploitation", SEX_EXPLOITATION),
    "sector": Field(
        "code",
        "Sector (ISIC section)",
        "vic_ForcedLabourIndustry",
        SECTOR,
        {code: code[0] for code in _SECTOR_CODES},
    ),
    "means_of_control": Field("codes", "Means of control", "vic_MethodsOfControl", MEANS_OF_CONTROL),
    "recruitment": Field("codes", "Method of recruitment", "vic_MethodOfRecruitment", RECRUITMENT),
    "recruiter": Field("code", "Relationship to the trafficker", "vic_RelationshipToTrafficker", RECRUITER),
}

# In a field of several codes: the source says that there were none, which is not the same as saying nothing.
NONE = "None"

# field -> beginning of the columns of its interval in the table of case records
DATES = {
    "detected": "date",
    "reported": "reported",
    "exploited": "exploitation",
    "referred_in": "referred_in",
    "referred_out": "referred_out",
}


def is_child(age_low: np.ndarray, age_high: np.ndarray) -> pd.Categorical:
    """Return ``yes``, ``no`` or ``unknown``: a person of this age (years, an interval; NaN where open) is a child.

    A child is a person under 18 years of age (Palermo Protocol, art. 3(d)). At which time depends on the question:
    who is counted as a detected child was one when detected; whether means are needed depends on the age when
    exploitation began. Of an adult when detected that can be unknown, and is then never taken to be no.
    """
    codes = np.select([age_high < 18, age_low >= 18], [0, 1], 2)
    return pd.Categorical.from_codes(codes, categories=["yes", "no", "unknown"])


def meets_definition(purpose: pd.Categorical, means: pd.Categorical, child: pd.Categorical) -> pd.Categorical:
    """Return ``met`` or ``not stated``: a record states what the definition of trafficking asks for beside the act.

    A purpose of exploitation, and means; of children, means are not required (Palermo Protocol, art. 3(c)). Sources
    seldom record the act as such, so that a record on such a list is taken to state it.

    Parameters
    ----------
    purpose, means : codes as in ``case_records``, one text a person; "" and ``None`` state nothing.
    child : ``yes``, ``no`` or ``unknown``, when exploitation began.
    """
    met = _stated(purpose) & (_stated(means) | np.asarray(child == "yes"))
    return pd.Categorical.from_codes(np.where(met, 0, 1), categories=["met", "not stated"])


def _stated(codes: pd.Categorical) -> np.ndarray:
    return ~np.isin(codes.categories.to_numpy(dtype=object), ["", NONE])[codes.codes]
