"""The columns of CTDC's two public files, and the words of the Human Trafficking Case Data Standard they stand for.

A flag gives a code only where everything it can mean is within that code. A flag that is wider than any code
("meansAbusePsyPhySex" is one of three) gives none; its name is kept in the column ``not_one_to_one``.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Flag:
    """A column of yes and no: the field and the code it stands for ("" for none), and what the code does not say."""

    column: str
    field: str
    code: str
    note: str = ""


_NOT_STATED = "says that it is not known"
_WIDER = "wider than any one code"
_NO_CODE = "the standard has no code for it"

KANON = (
    Flag("meansOfControlDebtBondage", "means_of_control", "DebtBondage"),
    Flag("meansOfControlTakesEarnings", "means_of_control", "TakesEarnings"),
    Flag("meansOfControlRestrictsFinancialAccess", "means_of_control", "RestrictsFinancialAccess"),
    Flag("meansOfControlThreats", "means_of_control", "", f"{_WIDER}: threats of any kind"),
    Flag("meansOfControlPsychologicalAbuse", "means_of_control", "PsychologicalAbuse"),
    Flag("meansOfControlPhysicalAbuse", "means_of_control", "PhysicalAbuse"),
    Flag("meansOfControlSexualAbuse", "means_of_control", "SexualAbuse"),
    Flag("meansOfControlFalsePromises", "means_of_control", "FalsePromises"),
    Flag("meansOfControlPsychoactiveSubstances", "means_of_control", "PsychoactiveSubstance"),
    Flag("meansOfControlRestrictsMovement", "means_of_control", "Other", f"{_NO_CODE} but Other"),
    Flag("meansOfControlRestrictsMedicalCare", "means_of_control", "RestrictsMedicalCare"),
    Flag("meansOfControlExcessiveWorkingHours", "means_of_control", "ExcessiveWorkingHours"),
    Flag("meansOfControlUsesChildren", "means_of_control", "", f"{_WIDER}: children are used, perhaps not threatened"),
    Flag("meansOfControlThreatOfLawEnforcement", "means_of_control", "ThreatsLawEnforcement"),
    Flag("meansOfControlWithholdsNecessities", "means_of_control", "WithholdsNecessities"),
    Flag("meansOfControlWithholdsDocuments", "means_of_control", "WithholdsDocuments"),
    Flag("meansOfControlOther", "means_of_control", "Other"),
    Flag("meansOfControlNotSpecified", "means_of_control", "", _NOT_STATED),
    Flag("isForcedLabour", "exploitation", "ForcedLabour"),
    Flag("isSexualExploit", "exploitation", "SexualExploitation"),
    Flag("isOtherExploit", "exploitation", "Other"),
    Flag("isSexAndLabour", "exploitation", "ForcedLabour;SexualExploitation"),
    Flag("isForcedMarriage", "exploitation", "ForcedMarriage"),
    Flag("isForcedMilitary", "exploitation", "", f"{_WIDER}: the standard's code is for non-state actors only"),
    Flag("isOrganRemoval", "exploitation", "OrganRemoval"),
    Flag("isSlaveryAndPractices", "exploitation", "", f"{_WIDER}: slavery and similar practices, not servitude alone"),
    Flag("typeOfLabourAgriculture", "sector", "A"),
    Flag("typeOfLabourAquafarming", "sector", "A", "section A holds agriculture, forestry and fishing together"),
    Flag("typeOfLabourBegging", "exploitation", "ForcedBegging", "a kind of labour here, of exploitation there"),
    Flag("typeOfLabourConstruction", "sector", "F"),
    Flag("typeOfLabourDomesticWork", "sector", "T", "section T also holds households' work for their own use"),
    Flag("typeOfLabourHospitality", "sector", "I"),
    Flag("typeOfLabourIllicitActivities", "sector", "", "no section of ISIC"),
    Flag("typeOfLabourManufacturing", "sector", "C"),
    Flag("typeOfLabourMiningOrDrilling", "sector", "B"),
    Flag("typeOfLabourPeddling", "sector", "G", "section G holds all of trade"),
    Flag("typeOfLabourTransportation", "sector", "H", "section H also holds storage and post"),
    Flag("typeOfLabourOther", "sector", "", "no section of ISIC"),
    Flag("typeOfLabourNotSpecified", "sector", "", _NOT_STATED),
    Flag("typeOfSexProstitution", "sex_exploitation", "Prostitution"),
    Flag("typeOfSexPornography", "sex_exploitation", "Pornography"),
    Flag("typeOfSexRemoteInteractiveServices", "sex_exploitation", "RemoteInteractiveServices"),
    Flag("typeOfSexPrivateSexualServices", "sex_exploitation", "PrivateSexualServices"),
    Flag("isAbduction", "recruitment", "", _NO_CODE),
    Flag("recruiterRelationIntimatePartner", "recruiter", "", f"{_WIDER}: a partner may be family or an acquaintance"),
    Flag("recruiterRelationFriend", "recruiter", "Acquainted"),
    Flag("recruiterRelationFamily", "recruiter", "Familial"),
    Flag("recruiterRelationOther", "recruiter", "", f"{_WIDER}: known to the person or not"),
    Flag("recruiterRelationUnknown", "recruiter", "", _NOT_STATED),
)

SYNTHETIC = (
    Flag("meansDebtBondageEarnings", "means_of_control", "", f"{_WIDER}: debt bondage, or earnings taken"),
    Flag("meansThreats", "means_of_control", "", f"{_WIDER}: threats of any kind"),
    Flag("meansAbusePsyPhySex", "means_of_control", "", f"{_WIDER}: psychological, physical or sexual abuse"),
    Flag("meansFalsePromises", "means_of_control", "FalsePromises"),
    Flag("meansDrugsAlcohol", "means_of_control", "PsychoactiveSubstance"),
    Flag("meansDenyBasicNeeds", "means_of_control", "", f"{_WIDER}: necessities, medical care or movement"),
    Flag("meansExcessiveWorkHours", "means_of_control", "ExcessiveWorkingHours"),
    Flag("meansWithholdDocs", "means_of_control", "WithholdsDocuments"),
    *(flag for flag in KANON if flag.column in ("isForcedLabour", "isSexualExploit", "isOtherExploit")),
    *(flag for flag in KANON if flag.column in ("typeOfLabourAgriculture", "typeOfLabourConstruction")),
    *(flag for flag in KANON if flag.column in ("typeOfLabourDomesticWork", "typeOfLabourHospitality")),
    *(flag for flag in KANON if flag.column in ("typeOfSexProstitution", "typeOfSexPornography")),
    *(flag for flag in KANON if flag.field == "recruiter" and flag.column != "recruiterRelationUnknown"),
)

_PERSON = ("yearOfRegistration", "gender", "ageBroad", "citizenship", "CountryOfExploitation")
_ONLY_KANON = ("Datasource", "majorityStatus", "majorityStatusAtExploit", "majorityEntry")
# Texts that repeat the flags.
_REPEATED = (
    *("meansOfControlConcatenated", "typeOfExploitConcatenated", "typeOfLabourConcatenated", "typeOfSexConcatenated"),
    "RecruiterRelationship",
)
KANON_COLUMNS = [*_PERSON, *_ONLY_KANON, *(flag.column for flag in KANON), *_REPEATED]
SYNTHETIC_COLUMNS = [*_PERSON, "traffickMonths", *(flag.column for flag in SYNTHETIC)]

AGES: dict[str, tuple[int, int | None]] = {
    **{"0--8": (0, 8), "9--17": (9, 17), "18--20": (18, 20), "21--23": (21, 23), "24--26": (24, 26)},
    **{"27--29": (27, 29), "30--38": (30, 38), "39--47": (39, 47), "48+": (48, None)},
}
