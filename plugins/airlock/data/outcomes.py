"""Outcomes: what came true, as the source says it, and as reports say it where the source is silent."""

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from airlock.spec.columns import Kind
from airlock.spec.data import DataSpec

TYPES = {Kind.NUMBER: pa.float64(), Kind.BOOLEAN: pa.bool_(), Kind.CATEGORY: pa.string()}


def filled(table: pa.Table, reports: pa.Table, beside: Sequence[str] = ()) -> pa.Table:
    """Return the outcomes of a source's rows, and the reports about entities of which it has none.

    Parameters
    ----------
    table
        As `airlock.data.read` returns it; a null target has not arrived yet.
    reports
        The entity key and the target, as `reports_table` returns them.
    beside
        Other columns of the source to keep; null where the source knows nothing of the entity.
    """
    key, target = reports.column_names
    arrived = table.select([key, target, *beside]).filter(pc.is_valid(table[target]))
    silent = reports.filter(pc.invert(pc.is_in(reports[key], value_set=arrived[key])))
    known = table.select(list(beside)).take(pc.index_in(silent[key], value_set=table[key]))
    for name in beside:
        silent = silent.append_column(name, known[name])
    return pa.concat_tables([arrived, silent])


def reports_table(data: DataSpec, reports: Mapping[str, str]) -> pa.Table:
    """Return reported outcomes, by entity key, in the types of the source.

    A text that is no value of the target, as one reported when the target was another, counts as missing.
    """
    kind = data.columns[data.target].kind
    assert kind is not None  # the spec asks for it
    values = pa.array([_value(text, kind) for text in reports.values()], TYPES[kind])
    table = pa.table({data.entity_key: pa.array(reports.keys(), pa.string()), data.target: values})
    return table.filter(pc.is_valid(table[data.target]))


def _value(text: str, kind: Kind) -> str | float | bool | None:
    if kind is Kind.CATEGORY:
        return text
    if kind is Kind.BOOLEAN:
        return {"true": True, "false": False}.get(text)
    try:
        return float(text)
    except ValueError:
        return None
