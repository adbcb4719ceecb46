"""Validating a snapshot: the suite's result, and the page on which it can be read."""

from pathlib import Path

from airlock.data.snapshot import open_snapshot
from airlock.data.validation import ValidationResult, load_suite, validate
from airlock.data.validation_page import page
from airlock.digests import short
from airlock.spec import ModelSpec
from airlock.store import Store

SUITE_FILE = "expectations.json"


def validate_snapshot(
    spec: ModelSpec, snapshot: str, *, store: Store, models: Path
) -> tuple[ValidationResult, str]:
    """Hold a snapshot against its model's suite; return the result and the path of its page."""
    suite = load_suite(models / spec.name / SUITE_FILE)
    result = validate(open_snapshot(store, snapshot).table(), suite)
    title = f"{spec.title}: snapshot {short(snapshot)}"
    return result, store.page(spec.name, f"validations/{snapshot}.html", page(result, title))
