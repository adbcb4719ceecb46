"""Protected columns whose groups no gate could compare, because all but one have too few rows."""

import numpy as np
import pyarrow as pa

from airlock.examination.fairness.figures import MINIMUM_ROWS, MINIMUM_TRIALS
from airlock.examination.fairness.groups import NOT_STATED, Grouping, groupings
from airlock.inspection.rows import Rows
from airlock.spec import ModelSpec, Task
from airlock.spec.metrics import DISPARITIES
from airlock.spec.policy import Policy

#: So many times the rows that are needed: chance takes some from the hold-out.
ROOM = 1.2


def incomparable(spec: ModelSpec, policy: Policy, table: pa.Table) -> dict[str, str]:
    """Return the protected columns that a policy wants compared and cannot be, each with what is the matter.

    What cannot be measured has failed its gate, so every candidate would be refused.
    """
    if not any(limit.metric in DISPARITIES[spec.task] for limit in policy.limits.get(spec.task, ())):
        return {}
    rows, found = Rows(spec, table), dict[str, str]()
    for grouping in groupings(spec, table):
        enough = [group for group in _groups(grouping) if _can_be_judged(rows, grouping, group)]
        if len(enough) < 2:
            known = f"only {enough[0]} has" if enough else "no group has"
            found[grouping.attribute] = f"{known} rows enough in the hold-out to be judged"
    return found


def _groups(grouping: Grouping) -> list[str]:
    return [group for group in grouping.groups if group != NOT_STATED]


def _can_be_judged(rows: Rows, grouping: Grouping, group: str) -> bool:
    inside = grouping.codes == grouping.groups.index(group)
    share = rows.spec.training.split.holdout / ROOM
    if inside.sum() * share < MINIMUM_ROWS:
        return False
    if rows.spec.task is not Task.BINARY:
        return True
    positive = int(np.sum(rows.truth[inside] == rows.positive))
    return min(positive, int(inside.sum()) - positive) * share >= MINIMUM_TRIALS
