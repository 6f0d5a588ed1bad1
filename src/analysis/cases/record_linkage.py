"""Record linkage: which records of several lists are one person, and what the lists say of the persons.

Pairs near the threshold are sampled for a reviewer, and repeats within a list are named.

Capture histories say which lists know which persons, and how that depends on the threshold of the linkage. Traits of
persons: each value, what is not stated, and where records of one person disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis import areas, plots
from analysis.cases import htcds
from analysis.cases.dates import years_between
from analysis.cases.match_weights import FLOOR
from analysis.cases.person_groups import NOTHING_DECIDED, cluster
from analysis.cases.token_comparisons import encoded, with_another_key
from analysis.plots.style import number
from bounded.refusal import Refusal, require_columns

LINKAGE_COLUMNS = (
    *(
        f"link_{side}{form}"
        for side in ("given", "family")
        for form in ("", "_near", "_sound", "_sound_near", "_words")
    ),
    *("link_birth_low", "link_birth_high", "link_phone", "link_document"),
)
OTHER_COLUMNS = (
    *("record_id", "list_id", "sex", "nationality", "area_id"),
    *("date_low", "date_high", "exploitation"),
)
# Match probability. See `link` on why it is not lower or higher.
THRESHOLD = 0.7
# Bands of weight around the threshold, in bits, from which a reviewer gets pairs.
BANDS = (-4.0, -2.0, 0.0, 2.0, 4.0)
# How many pairs he gets, and the share of them that a second reviewer judges without seeing the first's answers.
CLERICAL_PAIRS, SECOND_SHARE = 200, 0.1


class LinkageError(Refusal):
    """The records cannot be linked; the message says what is missing."""


@dataclass(frozen=True)
class Linkage:
    """Records with the person each belongs to, and by what that was decided.

    Parameters
    ----------
    records : the case records with person_id (the smallest record_id of the person) and without linkage columns.
    pairs : record_id_l, record_id_r, match_weight (bits), match_probability, and one column a comparison with the level
        reached; all pairs compared whose probability is 0.01 or more. "" is not weighed: a side does not state it.
    weights : comparison, level, m, u, weight (bits): what each level of agreement says; note: where the records are too
        few to tell, or a closer level weighs less.
    blocking : key, left_out: records whose key so many share that it was not used to find pairs.
    conflicts : person_id (before a split), record_id_l, record_id_r, rule (document | birth), match_weight, outcome
        (split | kept): records of one cluster that contradict each other.
    compared : number of pairs of records that were compared, of the `possible` ones.
    threshold : match probability from which a pair is linked.
    kind : public, confidential or synthetic; "" if the records do not say.
    claims : what clusters are checked against. Holds dates of birth: for memory only, never for a product.
    decided : left, right (positions in `claims`), same: pairs that a reviewer decided.
    links_made, links_undone : pairs of records that are in one person, or are so no more, since it was decided.
    """

    records: pd.DataFrame
    pairs: pd.DataFrame
    weights: pd.DataFrame
    blocking: pd.DataFrame
    conflicts: pd.DataFrame
    threshold: float
    kind: str
    claims: pd.DataFrame = field(repr=False)
    compared: int = 0
    decided: pd.DataFrame = field(default_factory=NOTHING_DECIDED.copy, repr=False)
    links_made: int = 0
    links_undone: int = 0

    @property
    def possible(self) -> int:
        """All pairs of records that there are."""
        return len(self.claims) * (len(self.claims) - 1) // 2

    def plot(self) -> Figure:
        """The weight of each level of agreement."""
        persons = self.records["person_id"].nunique()
        footer = plots.Footer(
            source="case records: " + ", ".join(sorted(self.records["list_id"].astype(str).unique())),
            period=_period(self.records),
            n=f"{len(self.records):,} records, {persons:,} persons",
            limits="Weights say how records were linked, not how many links are right",
            synthetic=self.kind == "synthetic",
        )
        return weights_figure(self.weights, title="What agreement between two records weighs", footer=footer)


def weights_figure(weights: pd.DataFrame, *, title: str, footer: plots.Footer) -> Figure:
    """Draw what each level of agreement weighs, one comparison after another: to the right it speaks for one person.

    Parameters
    ----------
    weights : comparison, level (from the closest), weight (bits: one more doubles the odds), m, u.
    """
    rows = weights.to_dict("records")
    table = weights.assign(
        comparison=weights["comparison"].astype(str).str.replace("_", " "),
        words=[f"{row['weight']:+.1f} ({_one_in(row['m'])} / {_one_in(row['u'])})".replace("-", "−") for row in rows],
        series="weight of a level",
    )
    return plots.dots(
        table,
        label="level",
        estimate="weight",
        interval=None,
        series="series",
        group="comparison",
        text="words",
        text_label="bits (one person / two)",
        signed=True,
        xlabel="weight in bits: against one person ← 0 → for one person",
        title=title,
        footer=footer,
        subtitle="Each bit doubles the odds that two records are one person, or halves them. At the right: the weight, "
        "and the share of pairs that reach the level, of pairs of one person / of pairs of two.",
    )


def _one_in(share: float) -> str:
    """A share of pairs in per cent, and as one in so many where it is small."""
    if share > 0.999:
        return ">99.9%"
    if share >= 0.001:
        return f"{100 * share:.1f}%"
    return f"1 in {number(float(f'{1 / share:.2g}'))}"


def link(
    records: pd.DataFrame, threshold: float = THRESHOLD, seed: int = 0, decided: pd.DataFrame | None = None
) -> Linkage:
    """Find the records that are one person, within and across lists, by probabilistic linkage.

    All pairs of up to 2,000 records are compared, and of more those that share a key (documents, telephones, names,
    consonants of names with a year of birth ...). They are weighed (Fellegi and Sunter 1969) with weights estimated
    from the records (`analysis.cases.match_weights`), and records whose pairs reach the threshold on average are one
    person (`cluster`). The same records give the same result, in whatever order they come.

    Parameters
    ----------
    records : case records of two or more lists, with the linkage columns that intake makes.
    threshold : match probability, above 0.01 and below 1. By default 0.7: of synthetic lists of four kinds one
        link in a hundred is false there (benchmarks/linkage_trade_off.py). Missed links raise a multiple systems
        estimate and false links lower it: vary the threshold (`sensitivity`), and have pairs on either side looked at
        (`clerical_sample`).
    seed : of the random sample from which chance agreement is estimated.
    decided : record_id_l, record_id_r, same: pairs that a reviewer decided (`pair_decisions`). They outrank the
        weights, in both directions and through third records, and leave the weights as they are.

    Returns
    -------
    Linkage

    Raises
    ------
    LinkageError : fewer than two lists, lists of different kinds, columns missing or empty, or a record_id twice.
    """
    # Splink and its database are loaded where records are linked.
    from analysis.cases import matching

    kind = _checked(records, threshold)
    ordered = records.assign(record_id=records["record_id"].astype(str)).sort_values(
        "record_id", ignore_index=True, kind="stable"
    )
    scores = matching.score(ordered, seed)
    claims = pd.DataFrame(
        {
            "record_id": ordered["record_id"],
            "list_id": ordered["list_id"].astype(str),
            "document": matching.codes(ordered["link_document"]),
            "birth_low": pd.to_datetime(ordered["link_birth_low"]),
            "birth_high": pd.to_datetime(ordered["link_birth_high"]),
        }
    )
    person, conflicts = cluster(scores.pairs, claims, threshold)
    placed, made, undone = NOTHING_DECIDED, 0, 0
    if decided is not None and len(decided):
        placed, before = _placed(decided, claims), person
        person, conflicts = cluster(scores.pairs, claims, threshold, placed)
        both = _together([before, person])
        made, undone = _together([person]) - both, _together([before]) - both
    linked = ordered.drop(columns=[name for name in ordered.columns if name.startswith("link_")])
    linked.insert(1, "person_id", person)
    named = scores.pairs.drop(columns=["left", "right"])
    for side, short in (("right", "r"), ("left", "l")):
        named.insert(0, f"record_id_{short}", ordered["record_id"].to_numpy()[scores.pairs[side]])
    found = (linked, named, scores.weights, scores.blocking, conflicts, threshold, kind, claims, scores.compared)
    return Linkage(*found, placed, made, undone)


def _placed(decided: pd.DataFrame, claims: pd.DataFrame) -> pd.DataFrame:
    """Decisions by the positions of their records."""
    place = pd.Series(np.arange(len(claims)), index=claims["record_id"])
    sides = {end: place.loc[decided[f"record_id_{end[0]}"]].to_numpy() for end in ("left", "right")}
    return pd.DataFrame(sides | {"same": decided["same"].to_numpy(bool)})


def _together(groups: Sequence[pd.Series]) -> int:
    """The number of pairs of records that are in one group by each of some groupings."""
    sizes = pd.DataFrame(dict(enumerate(group.to_numpy() for group in groups))).value_counts()
    return int((sizes * (sizes - 1) // 2).sum())


def repeats(records: pd.DataFrame, threshold: float = THRESHOLD, seed: int = 0) -> pd.DataFrame:
    """Pairs of records of one list that are one person, as `link` would find them.

    Parameters
    ----------
    records : case records of one list, with the linkage columns that intake makes.
    threshold, seed : of `link`.

    Returns
    -------
    DataFrame of sheet, row, repeated_row, match_probability, and one column a comparison with the level reached; no
    rows where nothing repeats, or where no record has a name, a document or a telephone.
    """
    ordered = records[_identified(records)].sort_values("record_id", ignore_index=True, kind="stable")
    if len(ordered) < 2:
        return pd.DataFrame(columns=["sheet", "row", "repeated_row", "match_probability"])
    from analysis.cases import matching

    pairs = matching.score(ordered, seed).pairs
    found = pairs[pairs["match_probability"] >= threshold]
    rows = ordered["row"].to_numpy()
    where = pd.DataFrame(
        {
            "sheet": ordered["sheet"].astype(str).to_numpy()[found["left"]],
            "row": rows[found["left"]],
            "repeated_row": rows[found["right"]],
        }
    )
    levels = found.drop(columns=["left", "right", "match_weight"]).reset_index(drop=True)
    return pd.concat([where, levels], axis=1).sort_values(["row", "repeated_row"], ignore_index=True)


def _identified(records: pd.DataFrame) -> pd.Series:
    """Records with a name, a document or a telephone."""
    stated = [records[f"link_{name}"] != "" for name in ("given", "family", "document", "phone")]
    return np.logical_or.reduce([*stated, encoded(records)])


def _checked(records: pd.DataFrame, threshold: float) -> str:
    """The kind of the records; raises LinkageError if they cannot be linked."""
    advice = (
        "Take the records that intake returns: linkage columns are kept in memory only, and a table that was stored "
        "has none."
    )
    require_columns(records, (*OTHER_COLUMNS, *LINKAGE_COLUMNS), "records to link", advice, LinkageError)
    lists = records["list_id"].astype(str).nunique()
    if lists < 2:
        raise LinkageError("too_few_lists", f"Linkage needs the records of two lists or more; these are of {lists}.")
    kinds = sorted(records["kind"].astype(str).unique()) if "kind" in records.columns else [""]
    if len(kinds) > 1:
        raise LinkageError(
            "kinds_mixed",
            f"Lists of different kinds ({', '.join(kinds)}) must not be linked: link synthetic lists with each other.",
        )
    if not FLOOR < threshold < 1:
        raise LinkageError(
            "out_of_range",
            f"The threshold {threshold} is no match probability above {FLOOR} and below 1; use {THRESHOLD}, say.",
        )
    if records["record_id"].duplicated().any():
        raise LinkageError(
            "duplicate_key", "A record_id occurs twice among the records to link: was a list read twice?"
        )
    lists_of = records["list_id"].astype(str)
    empty = sorted(set(lists_of) - set(lists_of[_identified(records)]))
    if empty:
        raise LinkageError(
            "no_identifiers",
            f"No record of {', '.join(empty)} has a name, a document or a telephone to be linked by: declare those "
            f"columns in the list's mapping, or take its entry out of data/raw/<study>/catalog.yml.",
        )
    if made := sorted(set(lists_of[encoded(records)])):
        if plain := sorted(set(lists_of) - set(made)):
            raise LinkageError(
                "encoded_and_plain",
                f"The names of {', '.join(made)} were encoded at their owners and those of {', '.join(plain)} were "
                f"not: a token cannot be compared with a name. Ask the owners of {', '.join(plain)} to encode their "
                f"lists with the same key, or take one of the two kinds out of data/raw/<study>/catalog.yml.",
            )
        if alone := with_another_key(records):
            raise LinkageError(
                "another_key",
                f"No token of {' or '.join(alone)} is on another list: the lists were encoded with different keys, or "
                f"they are of other persons. Have the owners compare the fingerprints of their keys (encode_names.py "
                f"--check), and the lists be encoded again with one key.",
            )
    return kinds[0]


def clerical_sample(linkage: Linkage, n: int = CLERICAL_PAIRS, seed: int = 0) -> pd.DataFrame:
    """Pairs around the threshold for a person to judge: see `pair_review`.

    Pairs are drawn at random from six bands of weight, a sixth of `n` from each; what a band lacks the others make up
    for. `pairs_in_band` over the pairs judged in a band is the weight of a judgement when judgements are summed up.

    Parameters
    ----------
    linkage : of `link`.
    n : number of pairs.
    seed : of the draw.

    Returns
    -------
    DataFrame of at most n rows, from the lightest pair: band (bits from the threshold), pairs_in_band, turn (1 for the
    first that was drawn from its band: who judges pairs by their turns has judged all bands, whenever he stops), second
    (of the tenth that a second reviewer judges, too), linked, for either side record_id, list_id, sheet and row where
    the records have them; match_weight, match_probability, and a column a comparison with the level reached. No names
    and no dates.
    """
    pairs = linkage.pairs.copy()
    pairs.insert(0, "band", bands(pairs["match_weight"], linkage.threshold).astype(str))
    pairs.insert(1, "pairs_in_band", pairs.groupby("band")["band"].transform("size"))
    generator = np.random.default_rng(seed)
    pairs.insert(2, "turn", generator.permutation(len(pairs)))
    pairs["turn"] = pairs.groupby("band")["turn"].rank(method="first").astype(int)
    drawn = pairs.sort_values(["turn", "match_weight"]).head(n)
    drawn.insert(3, "second", generator.permutation(len(drawn)) < np.ceil(SECOND_SHARE * len(drawn)))
    person = linkage.records.set_index("record_id")["person_id"]
    one, other = person.loc[drawn["record_id_l"]].to_numpy(), person.loc[drawn["record_id_r"]].to_numpy()
    drawn.insert(4, "linked", one == other)
    where = [name for name in ("list_id", "sheet", "row") if name in linkage.records.columns]
    source = linkage.records.set_index("record_id")[where]
    for short in ("l", "r"):
        place = drawn.columns.get_loc(f"record_id_{short}") + 1
        for offset, name in enumerate(where):
            drawn.insert(place + offset, f"{name}_{short}", source.loc[drawn[f"record_id_{short}"], name].to_numpy())
    return drawn.sort_values(["match_weight", "record_id_l", "record_id_r"], ignore_index=True)


def bands(weights: pd.Series, threshold: float = THRESHOLD) -> pd.Series:
    """The band of each match weight, in bits from the threshold; the bands are ordered, the lightest first."""
    limit = np.log2(threshold / (1 - threshold))
    labels = [f"below {BANDS[0]:+.0f}", *(f"{a:+.0f} to {b:+.0f}" for a, b in pairwise(BANDS))]
    labels.append(f"above {BANDS[-1]:+.0f}")
    return pd.cut(weights - limit, [-np.inf, *BANDS, np.inf], labels=labels, right=False)


def _period(records: pd.DataFrame) -> str:
    if "date_low" not in records.columns or records["date_low"].isna().all():
        return "not stated"
    first, last = records["date_low"].min().year, records["date_high"].max().year
    return str(first) if first == last else f"{first}-{last}"


THRESHOLDS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.99)


def capture_histories(linked_records: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Persons by the lists that know them.

    A person counts once. Where their records state different strata, the stratum is that of the earliest record whose
    date is certain to the year and which states one; records without a certain date come last, and ties go to the
    smaller record_id. A person for whom no record states it is counted under "", unknown.

    Parameters
    ----------
    linked_records : person_id, record_id, list_id; date_low, date_high and date_precision where strata are asked for.
    by : columns of the records, or "year" (of date_low and date_high, where these are in one year).

    Returns
    -------
    DataFrame of one row a pattern seen: the columns of `by` (text), one 0/1 column a list, in alphabetical order, and
    count (persons). The persons that no list knows are missing: they are what is to be estimated.

    Raises
    ------
    LinkageError : columns are missing, or a list is called like another column.
    """
    dated = ("date_low", "date_high", "date_precision") if by else ()
    needed = ["person_id", "record_id", "list_id", *dated, *(name for name in by if name != "year")]
    advice = "Take the records of a linkage."
    require_columns(linked_records, needed, "records of capture histories", advice, LinkageError)
    records = linked_records[needed].copy()
    records["list_id"] = records["list_id"].astype(str)
    lists = sorted(records["list_id"].unique())
    clash = sorted(set(lists) & {*by, "count"})
    if clash:
        raise LinkageError(
            "reserved_name", f"A list may not be called {', '.join(clash)}: give it another name in its mapping."
        )
    seen = pd.crosstab(records["person_id"], records["list_id"]).clip(upper=1).reindex(columns=lists)
    seen.columns.name = None
    strata = [stratum(records, name).rename(name) for name in by]
    patterns = pd.concat([*strata, seen], axis=1)
    counted = patterns.groupby([*by, *lists], sort=True).size().rename("count").reset_index()
    # The strata in order, and within each the persons of one list first, as such tables are printed.
    counted["lists"] = counted[lists].sum(axis=1)
    falling = [True] * (len(by) + 1) + [False] * len(lists)
    return counted.sort_values([*by, "lists", *lists], ascending=falling, ignore_index=True).drop(columns="lists")


def stratum(records: pd.DataFrame, name: str) -> pd.Series:
    """The stratum of each person: of the earliest record with a certain date that states it."""
    low, certain = pd.to_datetime(records["date_low"]), _certain(records)
    if name == "year":
        values = low.dt.year.astype("Int64").astype("string").where(certain, "").fillna("")
    else:
        values = records[name].astype("string").fillna("")
    ordered = pd.DataFrame(
        {
            "person_id": records["person_id"],
            "value": values.astype(object),
            "silent": values == "",
            "uncertain": ~certain,
            "low": low,
            "record_id": records["record_id"].astype(str),
        }
    ).sort_values(["silent", "uncertain", "low", "record_id"])
    return ordered.drop_duplicates("person_id").set_index("person_id")["value"].sort_index()


def _certain(records: pd.DataFrame) -> pd.Series:
    """Return whether the date of each record is known to the year."""
    low, high = pd.to_datetime(records["date_low"]), pd.to_datetime(records["date_high"])
    return (records["date_precision"].astype(str) != "unknown") & low.notna() & (low.dt.year == high.dt.year)


def sensitivity(linkage: Linkage, thresholds: Sequence[float] = THRESHOLDS) -> pd.DataFrame:
    """Return how many persons, and how many on two lists, there are at other thresholds; no estimate of a total.

    A link that is missed makes one person two and raises a multiple systems estimate; a false link makes two persons
    one and lowers it. Where the overlaps change little with the threshold, so do estimates made from them.

    Parameters
    ----------
    linkage : of `link.link`.
    thresholds : match probabilities, each above 0.01 and below 1.

    Returns
    -------
    DataFrame of one row a threshold and pair of lists: threshold, persons, linked_pairs (pairs of records in one
    person), on_two_or_more (persons on two lists or more), compared and possible (pairs of records, whatever the
    threshold); list_a, list_b, on_a, on_b, on_both (persons).

    Raises
    ------
    LinkageError : a threshold is out of range.
    """
    outside = [limit for limit in thresholds if not 0.01 < limit < 1]
    if outside:
        raise LinkageError("out_of_range", f"A threshold must be above 0.01 and below 1; {outside[0]} is not.")
    claims = linkage.claims
    place = pd.Series(np.arange(len(claims)), index=claims["record_id"])
    pairs = linkage.pairs[["match_weight", "match_probability"]].assign(
        left=place.loc[linkage.pairs["record_id_l"]].to_numpy(),
        right=place.loc[linkage.pairs["record_id_r"]].to_numpy(),
    )
    rows = []
    for threshold in sorted(thresholds):
        person, _ = cluster(pairs, claims, threshold, linkage.decided)
        sizes = person.value_counts()
        on = pd.crosstab(person, claims["list_id"]) > 0
        general = {
            "threshold": threshold,
            "persons": len(sizes),
            "linked_pairs": int((sizes * (sizes - 1) // 2).sum()),
            "on_two_or_more": int((on.sum(axis=1) > 1).sum()),
            "compared": linkage.compared,
            "possible": linkage.possible,
        }
        for one, other in combinations(on.columns, 2):
            both = {"on_a": on[one].sum(), "on_b": on[other].sum(), "on_both": (on[one] & on[other]).sum()}
            rows.append(general | {"list_a": one, "list_b": other} | {name: int(n) for name, n in both.items()})
    return pd.DataFrame(rows)


NOT_STATED, DISAGREE, NONE = "not stated", "records disagree", "none, by the source"
# Traits of age, and the columns with the bounds of each.
AGE_BOUNDS = {
    "age_detected": ("age_low", "age_high"),
    "age_exploited": ("exploited_age_low", "exploited_age_high"),
}
UNCLEAR = "child or adult not known"
AGES = {(0, 4): "0-4", (5, 11): "5-11", (12, 14): "12-14", (15, 17): "15-17", (0, 17): "child, age not known",
        (18, 200): "18 or older"}  # fmt: skip
# Last in a table, whatever their number.
LAST = (NONE, DISAGREE, NOT_STATED)
# Traits of which a person can have several values.
SEVERAL = tuple(name for name, field in htcds.FIELDS.items() if field.kind == "codes")


def by_person(here: pd.DataFrame, trait: str, unit: str = "person_id") -> pd.Series:
    """The values of a trait of each person, in words: those of all records of the person.

    Parameters
    ----------
    here : case records; several of one person may each state a part.
    trait : ``age_detected`` (age at detection), ``age_exploited`` (age when exploitation began), or a column of codes.
    unit : column that tells persons apart.

    Returns
    -------
    Series by person: of a trait with several codes one row each value that any record states, and of others one row.
    Where two are stated of what can only be one, "records disagree"; where none is, "not stated".
    """
    found = _ages(here, trait, unit) if trait in AGE_BOUNDS else _stated(here, trait, unit)
    silent = pd.Index(here[unit].unique()).difference(found.index)
    return pd.concat([found.astype(object), pd.Series(NOT_STATED, silent, dtype=object)]).rename_axis(unit)


def in_order(counts: pd.DataFrame, trait: str) -> pd.DataFrame:
    """Rows of value and count in the order of ages, or the commonest first; what is not known at the end."""
    order = [*AGES.values(), UNCLEAR] if trait in AGE_BOUNDS else []
    ranks = {value: rank for rank, value in enumerate([*order, *LAST], start=1)}
    counts = counts.assign(rank=counts["value"].map(ranks).fillna(0))
    counts = counts.sort_values(["rank", "count", "value"], ascending=[True, False, True])
    return counts.loc[counts["count"] > 0, ["value", "count"]]


def _stated(here: pd.DataFrame, trait: str, unit: str) -> pd.Series:
    field = htcds.FIELDS[trait]
    stated = here[[unit, trait]].astype({trait: str}).loc[here[trait].astype(str).ne("")]
    if trait in SEVERAL:
        stated = stated.assign(**{trait: stated[trait].str.split(";")}).explode(trait)
    stated = stated.drop_duplicates()
    # "None" of one list gives way to what another list knows.
    other = stated.loc[stated[trait].ne(htcds.NONE), unit]
    stated = stated[stated[trait].ne(htcds.NONE) | ~stated[unit].isin(other)]
    words = {**(field.codes or {}), htcds.NONE: NONE}
    if trait == "nationality":
        words = {code: areas.country_name(code) for code in stated[trait].unique()}
    found = stated.set_index(unit)[trait].map(lambda code: words.get(code, code))
    if trait in SEVERAL:
        return found
    found = found.mask(found.index.duplicated(keep=False), DISAGREE)
    return found[~found.index.duplicated()]


def age_bounds(here: pd.DataFrame, trait: str, unit: str = "person_id") -> pd.DataFrame:
    """Bounds of an age of each person of whom any is stated: what all records of the person allow.

    The age at detection is that of the earliest record that states one, as of strata; what another record states later
    is taken back by the time between the two.

    Parameters
    ----------
    here : case records; of the age at detection with their dates.
    trait : of `AGE_BOUNDS`.
    unit : column that tells persons apart.

    Returns
    -------
    DataFrame by person: low, high (years; 0 and 200 where one is open), and agree, whether any age is allowed by all
    records; where none is, low and high are those of all records together.
    """
    ends = list(AGE_BOUNDS[trait])
    stated = here[here[ends].notna().any(axis=1)]
    low, high = (stated[name].astype("Float64") for name in ends)
    low, high = low.fillna(0), high.fillna(200)
    if trait == "age_detected":
        low, high = _at_first_detection(stated, unit, low, high)
    bounds = pd.DataFrame({unit: stated[unit].to_numpy(), "low": low.to_numpy(), "high": high.to_numpy()})
    persons = bounds.groupby(unit, observed=True)
    most, least = persons.max(), persons.min()
    agree = most["low"] <= least["high"]
    return pd.DataFrame(
        {
            "low": most["low"].where(agree, least["low"]),
            "high": least["high"].where(agree, most["high"]),
            "agree": agree,
        }
    )


def _at_first_detection(
    stated: pd.DataFrame, unit: str, low: pd.Series, high: pd.Series
) -> tuple[pd.Series, pd.Series]:
    """Bounds of ages at the dates of records, as bounds at the date of the earliest record of each person.

    A record without a date is taken to be of that date.
    """
    dates = pd.DataFrame({end: pd.to_datetime(stated[f"date_{end}"]) for end in ("low", "high")})
    order = dates.assign(unit=stated[unit], uncertain=~_certain(stated), id=stated["record_id"].astype(str))
    first = order.sort_values(["unit", "uncertain", "low", "id"]).drop_duplicates("unit")
    then = first.set_index("unit")[["low", "high"]].loc[stated[unit]].set_axis(stated.index)
    least, most = (
        pd.Series(np.clip(years_between(then[one], dates[other]), 0, None), stated.index)
        for one, other in (("high", "low"), ("low", "high"))
    )
    # Birthdays are not known: of 18 years two months later the person was 17 or 18.
    later = ~stated.index.isin(first.index) & least.notna() & most.notna()
    return (low - most - 1).clip(lower=0).where(later, low), (high - least).clip(lower=0).where(later, high)


def _ages(here: pd.DataFrame, trait: str, unit: str) -> pd.Series:
    """Class of an age of each person of whom one is stated."""
    bounds = age_bounds(here, trait, unit)
    found = pd.Series(UNCLEAR, bounds.index)
    for (first, last), name in reversed(AGES.items()):
        found = found.mask((bounds["low"] >= first) & (bounds["high"] <= last), name)
    return found.mask(found.eq(UNCLEAR) & ~bounds["agree"], DISAGREE)
