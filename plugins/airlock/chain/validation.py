"""Validating a snapshot: rows at fault are set aside, and the suite decides about the others."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import Engine

from airlock.data.quarantine import Quarantine, forgive, quarantine
from airlock.data.rows import broken_by, reasons
from airlock.data.snapshot import open_snapshot, without
from airlock.data.suite import SUITE_FILE, Suite
from airlock.data.validation import ValidationResult, load_suite, validate
from airlock.data.validation_page import page
from airlock.digests import short
from airlock.governance import quarantine as records
from airlock.spec import ModelSpec
from airlock.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

VALIDATIONS = "validations"
QUARANTINES = "quarantines"

#: Of a stopped run: more rows at fault are the source's fault, and nobody settles them one by one.
HELD_AT_MOST = 10_000


@dataclass(frozen=True)
class Validated:
    """What came of a snapshot's validation.

    Attributes
    ----------
    result, digest
        The suite's result on the rows that go on, and the digest it is kept under; where too many rows are
        at fault, on all rows.
    quarantine, quarantine_digest
        The rows at fault, and the digest that their figures are kept under.
    snapshot
        The digest of the snapshot that goes on: the given one, unless rows were taken out of it.
    page
        The path of its page.
    """

    result: ValidationResult
    digest: str
    quarantine: Quarantine
    quarantine_digest: str
    snapshot: str
    page: str

    @property
    def set_aside(self) -> tuple[str, ...]:
        """What is held, in sentences: how many rows, and what they break."""
        return _set_aside(self.quarantine)

    @property
    def problems(self) -> tuple[str, ...]:
        """What must stop the run, in sentences; nothing where it may go on."""
        too_many = (self.quarantine.sentence,) if self.quarantine.exceeded else ()
        return (*too_many, *(check.finding for check in self.result.failed_critical))


def validate_snapshot(
    spec: ModelSpec,
    snapshot: str,
    *,
    store: Store,
    models: Path,
    engine: Engine,
    dag_run_id: str,
    at: datetime,
) -> Validated:
    """Hold a snapshot against its model's suite; keep the result, a page of it, and the rows at fault.

    Rows at fault are recorded even where they stop the run, so that a person can look at them and settle
    them; repeating it changes nothing.
    """
    suite = load_suite(models / spec.name / SUITE_FILE)
    given = open_snapshot(store, snapshot)
    table = given.table()
    result = validate(table, suite)
    with engine.begin() as connection:
        apart = quarantine(
            table,
            reasons(broken_by(table, suite, result), result.checks),
            records.settled(connection, spec.name),
            entity_key=spec.data.entity_key,
            allowed=spec.data.quarantine.share,
        )
        records.hold(
            connection,
            spec.name,
            apart.held[:HELD_AT_MOST] if apart.exceeded else apart.held,
            snapshot_digest=snapshot,
            dag_run_id=dag_run_id,
            at=at,
        )
    if not apart.exceeded:
        rest = apart.rest(table) if apart.held or apart.dropped else table
        result = _result_of(rest, suite, result, apart)
        if rest.num_rows < table.num_rows and not result.failed_critical:
            snapshot = without(given, rest, store=store).digest
    title = f"{spec.title}: snapshot {short(snapshot)}"
    return Validated(
        result,
        store.keep_json(VALIDATIONS, result.to_json()),
        apart,
        store.keep_json(QUARANTINES, apart.to_json()),
        snapshot,
        store.page(spec.name, f"validations/{snapshot}.html", page(result, title, _set_aside(apart))),
    )


def _result_of(
    rest: "pa.Table", suite: Suite, before: ValidationResult, apart: Quarantine
) -> ValidationResult:
    """Return the suite's result on the rows that go on, of which the released ones break what they break."""
    result = validate(rest, suite) if rest.num_rows < apart.rows else before
    if not apart.released:
        return result
    released = {row.place for row in apart.released}
    places = [place for place, previous in enumerate(apart.kept) if previous in released]
    return forgive(result, broken_by(rest, suite, result), places)


def _set_aside(apart: Quarantine) -> tuple[str, ...]:
    if not apart.held:
        return ()
    broken = (f"{sentence.rstrip('.')}: {count:,}." for sentence, count in apart.reasons)
    listed = (
        (f"The first {HELD_AT_MOST:,} are listed.",)
        if apart.exceeded and len(apart.held) > HELD_AT_MOST
        else ()
    )
    return (apart.sentence, *broken, *listed)
