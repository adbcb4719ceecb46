"""Duplicates: rows that are another row again, within the rows and across the split."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from airlock.inspection.check import Check, CheckKind
from airlock.inspection.rows import Rows
from airlock.training.split import split

HELD = "__held__"


def duplicates(rows: Rows) -> list[Check]:
    """Count the rows that say of something just what another row says, and those on both sides of the split.

    What a row says is all its features and protected columns: what it is called and when it happened do not
    count. Within the rows the target must be the same too; across the split it need not be.
    """
    limit = rows.spec.data.inspection.duplicates
    again, held = _again(rows), _across(rows)
    return [
        Check(
            CheckKind.DUPLICATES,
            again <= limit,
            again,
            limit,
            f"{again:.2%} of the rows are another row again, features and target alike; "
            f"at most {limit:.2%} is let through.",
            "Select each thing once in the source, or accept it where different things look alike.",
        ),
        Check(
            CheckKind.SPLIT_DUPLICATES,
            held <= limit,
            held,
            limit,
            f"{held:.2%} of the rows held out have the features of a row trained on, which makes a model "
            f"look better than it is; at most {limit:.2%} is let through.",
            "Select each thing once in the source, or accept it where different things look alike.",
        ),
    ]


def _again(rows: Rows) -> float:
    names = [*rows.said, rows.spec.data.target]
    return 1 - len(rows.table.select(names).group_by(names).aggregate([])) / len(rows)


def _across(rows: Rows) -> float:
    names, parts = list(rows.said), split(rows.table, rows.spec)
    held: np.ndarray = np.zeros(len(rows), dtype=np.int64)
    held[parts.holdout] = 1
    marked = rows.table.select(names).append_column(HELD, pa.array(held))
    alike = marked.group_by(names).aggregate([(HELD, "sum"), (HELD, "min")])
    seen = alike.filter(pc.equal(alike[f"{HELD}_min"], 0))
    return (pc.sum(seen[f"{HELD}_sum"]).as_py() or 0) / len(parts.holdout)
