"""Inspecting a snapshot: what its rows are like, kept for the data card and the evidence."""

from dataclasses import dataclass

from airlock.data.snapshot import open_snapshot
from airlock.inspection.inspection import Inspection, inspect
from airlock.spec import ModelSpec
from airlock.store import Store

INSPECTIONS = "inspections"


@dataclass(frozen=True)
class Inspected:
    """A snapshot's inspection, and the digest it is kept under."""

    inspection: Inspection
    digest: str


def inspect_snapshot(spec: ModelSpec, snapshot: str, *, store: Store) -> Inspected:
    """Look at a snapshot's rows as the spec asks, and keep what was found."""
    found = inspect(spec, open_snapshot(store, snapshot).table())
    return Inspected(found, store.keep_json(INSPECTIONS, found.to_json()))
