"""Cases from the tests of R package sdcTable: what is left open, and what must be suppressed as well.

Source: sdcTools/sdcTable 6393dfb, tests/testthat: test-simpleheuristic.R, test-linked-tables.r, test-protectTable.r;
data set microdata1. There cells are marked as sensitive, or have at most 3 persons: here they have fewer than k.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from disclosure import audit, protect
from disclosure.audit import view


def hidden(table: pd.DataFrame, cells: list[tuple[str, ...]]) -> pd.DataFrame:
    """The table without the counts of these cells."""
    own = [column for column in table if column != "count"]
    chosen = [tuple(row) in cells for row in table[own].itertuples(index=False)]
    return table.assign(count=table["count"].astype("Int64").mask(chosen))


def with_margins(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    own = [column for column in table if column != "count"]
    margins = {name: table.groupby(name, as_index=False)["count"].sum() for name in own}
    return {"cells": table, **margins, "total": pd.DataFrame({"count": [table["count"].sum()]})}


# Four by four cells; nine are suppressed, at least two in each row and column.
SQUARE = pd.DataFrame(
    [(row, column) for row in "wxyz" for column in "abcd"],
    columns=["row", "column"],
).assign(count=[30, 47, 64, 89, 90, 124, 5, 31, 92, 100, 59, 85, 800, 991, 651, 685])
SUPPRESSED = [tuple(cell) for cell in ("wa", "wb", "wc", "xa", "xc", "yb", "yd", "zb", "zd")]


def test_a_cell_that_no_row_and_no_column_gives_away_is_found():
    # sdcTable's older heuristic adds nothing here, though w b can be recomputed; the newer one adds one cell.
    tables = with_margins(SQUARE)
    found = audit(tables | {"cells": hidden(SQUARE, SUPPRESSED)}, k=2)
    assert found[["cell", "kind", "low", "high"]].values.tolist() == [["row w, column b", "exact", 47, 47]]


def test_one_more_suppressed_cell_leaves_as_much_open_as_sdctable_prints():
    # attack() prints 0 to 78 for w b. Of the seven cells that could be added only the smallest, x d, leaves that.
    places = list(zip(SQUARE["row"], SQUARE["column"], strict=True))
    left = {}
    for cell in places:
        if cell not in SUPPRESSED:
            tables = with_margins(SQUARE) | {"cells": hidden(SQUARE, [*SUPPRESSED, cell])}
            assert audit(tables, k=2).empty
            seen = view(tables, {}, ())
            bounds = seen.attack.bounds(seen.behind.sums[0][places.index(("w", "b"))], wide=np.inf, high=np.inf)
            left[cell] = (bounds.low[0], bounds.high[0])
    assert left["x", "d"] == (0, 78)
    assert [cell for cell, bounds in left.items() if bounds == (0, 78)] == [("x", "d")]


REGIONS = pd.DataFrame({"region": list("ABIJKLMN"), "count": [2, 2, 8, 8, 3, 3, 3, 7]})
SMALL = [(region,) for region in "ABKLM"]
COUNTIES = {"county-1": "ABIJ", "county-2": "KLMN"}
SIZES = {"big": "LM", "small": "ABIJKN"}


def nested(*groupings: dict[str, str]) -> dict[str, pd.DataFrame]:
    rows = [(value, atom) for grouping in groupings for value, atoms in grouping.items() for atom in atoms]
    return {"region": pd.DataFrame(rows, columns=["value", "atom"])}


def grouped(grouping: dict[str, str]) -> pd.DataFrame:
    counts = REGIONS.set_index("region")["count"]
    return pd.DataFrame({"region": list(grouping), "count": [counts[list(atoms)].sum() for atoms in grouping.values()]})


def test_linked_tables_are_safe_alone_and_not_together_and_one_more_region_makes_them_safe():
    # Five regions of at most 3 persons are suppressed; counties and sizes are published. By hand: small regions less
    # the first county leave 10 for K and N, and N is 7.
    regions, counties, sizes = hidden(REGIONS, SMALL), grouped(COUNTIES), grouped(SIZES)
    assert audit({"regions": regions, "counties": counties}, k=4, nested=nested(COUNTIES)).empty
    assert audit({"regions": regions, "sizes": sizes}, k=4, nested=nested(SIZES)).empty
    linked = {"regions": regions, "counties": counties, "sizes": sizes}
    found = audit(linked, k=4, nested=nested(COUNTIES, SIZES))
    assert found[["cell", "kind", "low", "high"]].values.tolist() == [["region K", "exact", 3, 3]]
    # sdcTable suppresses N, of 7 persons, as well, and no other.
    safe = protect(linked | {"regions": REGIONS}, k=4, nested=nested(COUNTIES, SIZES))
    pd.testing.assert_frame_equal(safe["regions"], hidden(REGIONS, [*SMALL, ("N",)]), check_dtype=False)
    assert safe["counties"]["count"].notna().all() and safe["sizes"]["count"].notna().all()


# The data set microdata1 counted: 2 women of 100 persons live in A.
MICRODATA = pd.DataFrame(
    [(region, gender) for region in "ABCD" for gender in ("female", "male")], columns=["region", "gender"]
).assign(count=[2, 18, 19, 14, 10, 12, 14, 11])


@pytest.mark.parametrize("k", [3, 11])
def test_the_fewest_other_cells_are_suppressed_as_by_sdctables_optimum(k):
    # methods OPT, HITAS and HYPERCUBE: three more, the men of A and all of C; 11 of 15 numbers are published.
    safe = protect(with_margins(MICRODATA), k=k)
    cells = safe["cells"]
    suppressed = cells.loc[cells["count"].isna(), ["region", "gender"]].values.tolist()
    assert suppressed == [["A", "female"], ["A", "male"], ["C", "female"], ["C", "male"]]
    assert sum(int(table["count"].notna().sum()) for table in safe.values()) == 11
