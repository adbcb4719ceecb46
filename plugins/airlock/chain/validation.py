"""Validating a snapshot: the suite's result, and the page on which it can be read."""

from dataclasses import dataclass
from pathlib import Path

from airlock.data.snapshot import open_snapshot
from airlock.data.suite import SUITE_FILE
from airlock.data.validation import ValidationResult, load_suite, validate
from airlock.data.validation_page import page
from airlock.digests import short
from airlock.spec import ModelSpec
from airlock.store import Store

VALIDATIONS = "validations"


@dataclass(frozen=True)
class Validated:
    """A snapshot's validation: the result, the digest it is kept under, the path of its page."""

    result: ValidationResult
    digest: str
    page: str


def validate_snapshot(spec: ModelSpec, snapshot: str, *, store: Store, models: Path) -> Validated:
    """Hold a snapshot against its model's suite, and keep the result and a page of it."""
    suite = load_suite(models / spec.name / SUITE_FILE)
    result = validate(open_snapshot(store, snapshot).table(), suite)
    title = f"{spec.title}: snapshot {short(snapshot)}"
    return Validated(
        result,
        store.keep_json(VALIDATIONS, result.to_json()),
        store.page(spec.name, f"validations/{snapshot}.html", page(result, title)),
    )
