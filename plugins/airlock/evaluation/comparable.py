"""Whether a champion can be measured on today's hold-out, and whether it has seen these rows before."""

from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from airlock.package.labels import label_of
from airlock.package.package import Package
from airlock.spec import ModelSpec


def problem_of(spec: ModelSpec, champion: Package, holdout: pa.Table) -> str:
    """Say why a champion cannot be measured on rows of `spec`; nothing where it can."""
    signature = champion.signature
    missing = [name for name in signature.kinds if name not in holdout.column_names]
    changed = [
        name
        for name, kind in signature.kinds.items()
        if name not in missing and spec.data.kind_of(name) != kind
    ]
    if missing or changed:
        return f"it takes {', '.join(missing + changed)}, which the data no longer hold in that form."
    if signature.task is not spec.task or (
        signature.positive and signature.positive != label_of(spec.data.positive)
    ):
        return "it answers another question than the spec asks now."
    return ""


def may_have_seen(spec: ModelSpec, champion: Package, holdout: pa.Table) -> str:
    """Say so where a champion may have learned from rows it is measured on; that only flatters it."""
    made_from, now = champion.provenance, spec.training
    seen = "The champion may have learned from some of these rows, which makes its figures look better."
    if made_from.get("external"):
        return seen
    if now.split.by == "random":
        same = made_from["seed"] == now.seed and made_from["split"] == now.split.model_dump(mode="json")
        return "" if same else seen
    first = pc.min(holdout[spec.data.event_time]).as_py()
    until = made_from["trained_until"]
    return "" if until and datetime.fromisoformat(until) < first.astimezone(UTC) else seen
