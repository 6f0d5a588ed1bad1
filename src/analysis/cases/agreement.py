"""In what two records can agree, what that weighs before anything is known, and which records are compared at all.

Conditions are SQL over the two records of a pair, `_l` and `_r`, on the columns that `analysis.cases.matching` makes.
"""

from __future__ import annotations

_NEAR = "list_contains({0}_near_l, {1}_r)"
_CROSSED = f"{_NEAR.format('given', 'family')} and {_NEAR.format('family', 'given')}"
_EXCHANGED = f"({_CROSSED} and not {_NEAR.format('given', 'given')})"
_GAP = "greatest(birth_low_l, birth_low_r) - least(birth_high_l, birth_high_r)"  # days between two spans of birth
_BOTH_DAYS = "birth_day_l is not null and birth_day_r is not null"

# Per level, from the closest: name, condition, m and u before anything is known. The values for m are a judgement in
# the range that linkages of names and dates of birth report (Winkler 2006; Harron et al. 2015); u of an identifier is
# set high on purpose, so that no number alone makes two records one person: numbers are shared and mistyped.
Level = tuple[str, str, float, float]
COMPARISONS: dict[str, tuple[str, tuple[Level, ...]]] = {
    "given": (
        "given_l is null or given_r is null",
        (
            ("exact", "given_l = given_r", 0.78, 0.005),
            ("one edit", _NEAR.format("given", "given"), 0.12, 0.005),
            ("exchanged", _EXCHANGED, 0.02, 0.00002),
            ("same skeleton", "given_sound_l = given_sound_r", 0.05, 0.005),
            ("other", "", 0.03, 0.985),
        ),
    ),
    "family": (
        # Where given and family name are exchanged, the given name has said so for both.
        f"family_l is null or family_r is null or coalesce({_EXCHANGED}, false)",
        (
            ("exact", "family_l = family_r", 0.80, 0.005),
            ("one edit", _NEAR.format("family", "family"), 0.12, 0.005),
            ("same skeleton", "family_sound_l = family_sound_r", 0.05, 0.005),
            ("other", "", 0.03, 0.985),
        ),
    ),
    "birth": (
        f"not ({_BOTH_DAYS})",
        (
            ("same day", "birth_day_l = birth_day_r", 0.86, 0.0003),
            (
                "same month, or swapped",
                "birth_month_l = birth_month_r or birth_turned_l = birth_turned_r",
                0.06,
                0.006,
            ),
            ("same year", "birth_year_l = birth_year_r", 0.04, 0.08),
            ("within a year", f"{_GAP} <= 366", 0.02, 0.1),
            ("other", "", 0.02, 0.81),
        ),
    ),
    "birth_year": (
        f"birth_low_l is null or birth_low_r is null or ({_BOTH_DAYS})",
        (
            ("compatible", f"{_GAP} <= 0", 0.90, 0.12),
            ("within a year", f"{_GAP} <= 366", 0.07, 0.15),
            ("other", "", 0.03, 0.73),
        ),
    ),
    "sex": ("sex_l is null or sex_r is null", (("same", "sex_l = sex_r", 0.98, 0.5), ("other", "", 0.02, 0.5))),
    "nationality": (
        "nationality_l is null or nationality_r is null",
        (("same", "nationality_l = nationality_r", 0.95, 0.4), ("other", "", 0.05, 0.6)),
    ),
    "area": ("area_l is null or area_r is null", (("same", "area_l = area_r", 0.6, 0.15), ("other", "", 0.4, 0.85))),
    "phone": (
        "phone_l is null or phone_r is null",
        (("same", "phone_l = phone_r", 0.6, 0.005), ("other", "", 0.4, 0.995)),
    ),
    "document": (
        "document_l is null or document_r is null",
        (("same", "document_l = document_r", 0.85, 0.0001), ("other", "", 0.15, 0.9999)),
    ),
}
# Brothers and sisters agree on much that would otherwise tell persons apart. Where the given names differ, agreement on
# what a family shares is therefore not weighed when pairs are scored; m and u are of all pairs.
OTHER_GIVEN = (
    f"coalesce(given_l <> given_r and not {_NEAR.format('given', 'given')} and given_sound_l <> given_sound_r "
    f"and not {_EXCHANGED}, false)"
)
FAMILIES_SHARE = {
    "family": f"(family_l = family_r or {_NEAR.format('family', 'family')} or family_sound_l = family_sound_r)",
    "nationality": "nationality_l = nationality_r",
    "area": "area_l = area_r",
    "phone": "phone_l = phone_r",
}
# How often a value occurs is weighed: Mohamed says less than a rare name, 1 January less than another day, and a
# skeleton that many names share less than one of few. No value counts as rarer than this.
FREQUENCIES = {
    ("given", "exact"): ("given", 0.001),
    ("given", "same skeleton"): ("given_sound", 0.001),
    ("family", "exact"): ("family", 0.001),
    ("family", "same skeleton"): ("family_sound", 0.001),
    ("birth", "same day"): ("birth_day", 0.0002),
}
# u of these is never taken for less than it is set: a family shares a telephone, and the sample is of few pairs.
SHARED = ("phone", "document")
# If more than half of the pairs of one person seem to disagree on these, the pairs found are not of one person.
IDENTIFYING = ("given", "family", "birth")

KEYS: dict[str, tuple[str, ...]] = {
    "document": ("document",),
    "telephone": ("phone",),
    "both names": ("names",),
    "both skeletons, year": ("sounds", "year_low"),
    "both skeletons, last year": ("sounds", "year_high"),
    "both skeletons, area": ("sounds", "area"),
    "both skeletons": ("sounds",),
    "day, given name": ("birth_turned", "given_sound"),
    "day, family name": ("birth_turned", "family_sound"),
    "day, sex, area": ("birth_turned", "sex", "area"),
    "given name, year, sex": ("given", "year_low", "sex"),
    "given name, last year, sex": ("given", "year_high", "sex"),
    "family name, year, sex": ("family", "year_low", "sex"),
    "family name, last year, sex": ("family", "year_high", "sex"),
    "given name, area, sex": ("given", "area", "sex"),
    "family name, area, sex": ("family", "area", "sex"),
}
