"""Inspecting a snapshot: the same findings under the same digest."""

from airlock.chain.inspection import INSPECTIONS, inspect_snapshot
from tests.airlock.lender import Lender, Trained


def test_what_was_found_is_kept(lender: Lender, trained: Trained) -> None:
    inspected = inspect_snapshot(lender.spec, trained.lineage.snapshot, store=lender.store)
    assert inspected.inspection.stopping == ()
    assert lender.store.json(INSPECTIONS, inspected.digest) == inspected.inspection.to_json()
    again = inspect_snapshot(lender.spec, trained.lineage.snapshot, store=lender.store)
    assert again.digest == inspected.digest
