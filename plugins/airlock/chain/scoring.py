"""Scoring a night: which version answers, part by part, and that the whole of it is there."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.engine import Connection, Engine

from airlock.data.errors import DataError
from airlock.data.read import stream
from airlock.data.window import DAY, Window, night_of, whole_day
from airlock.governance import batch_answers, batches, deployments
from airlock.governance.batches import Batch
from airlock.governance.deployments import Deployment
from airlock.governance.engine import lock
from airlock.governance.passage import DeploymentRefused
from airlock.package.package import open_package
from airlock.package.signature import Signature
from airlock.scoring.doubles import Fingerprints, doubles, keys_of
from airlock.scoring.many import for_many_rows
from airlock.scoring.part import ScoringError, answer_part, refuse_doubles
from airlock.serving.loading import answering_of
from airlock.spec import ModelSpec
from airlock.store import Store


class NothingToScore(Exception):
    """No version is deployed, or the night has its answers already."""


@dataclass(frozen=True)
class Part:
    """A stretch of a night that one task scores, with the deployment whose version answers all of them."""

    night: str
    part: int
    parts: int
    deployment: int
    version: int

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return asdict(self)


def plan(spec: ModelSpec, *, interval_end: datetime, engine: Engine) -> tuple[Part, ...]:
    """Choose which version scores the night, once for all parts, and prove that it may.

    Raises
    ------
    NothingToScore
        When nothing is deployed, or another version has scored the whole night: that was its day's answer.
    DeploymentRefused
        When it cannot be proved that the champion came through the airlock.
    """
    night = night_of(interval_end).night
    with engine.connect() as conn:
        champion = deployments.champion(conn, spec.name)
        if champion is None:
            raise NothingToScore(f"No version of {spec.name} is deployed, so nothing can be scored.")
        deployments.prove(conn, champion)
        before = batches.scored_whole_by(conn, spec.name, night)
    if before not in (None, champion.version):
        raise NothingToScore(
            f"Version {before} of {spec.name} has scored the night {night}: that was the decision of its "
            f"day, which version {champion.version} does not change."
        )
    parts = spec.deployment.batch.parts if spec.deployment.batch else 1
    return tuple(
        Part(night.isoformat(), number, parts, champion.id, champion.version)
        for number in range(1, parts + 1)
    )


def score_part(
    spec: ModelSpec,
    part: Part,
    *,
    as_of: datetime,
    dag_run_id: str,
    store: Store,
    engine: Engine,
    models: Path,
    connect: Callable[[str], Engine],
    at: datetime,
) -> int:
    """Answer the rows of a part and record them in place of those before; return how many they are.

    The file is kept first, then one transaction makes it count: who is killed in between leaves the part as
    it was.

    Raises
    ------
    DeploymentRefused
        When the version may not answer any more, or was taken back while it answered.
    DataError, ScoringError, CopyError
        When the source, the model or a row cannot be used.
    """
    with engine.connect() as conn:
        serving = _serving(conn, spec, part)
    package = open_package(store, serving.package_digest)
    answering = for_many_rows(answering_of(package, spec.name), package)
    _refuse_other_kinds(spec, answering.signature)
    features = list(answering.signature.kinds)
    rows = stream(spec, features, window=window_of(part), as_of=as_of, models=models, connect=connect)
    of = {"model": spec.name, "night": part.night, "part": part.part, "parts": part.parts}
    by = {"version": serving.version, "package_digest": serving.package_digest}
    answered = answer_part(store, spec, answering, rows, of | by)
    with engine.begin() as conn:
        batch = batches.record(
            conn,
            model=spec.name,
            night=date.fromisoformat(part.night),
            part=part.part,
            parts=part.parts,
            version=serving.version,
            package_digest=serving.package_digest,
            rows=answered.rows,
            answers_digest=answered.digest,
            dag_run_id=dag_run_id,
            at=at,
        )
        if spec.deployment.batch is None or spec.deployment.batch.to == "postgresql":
            batch_answers.copy_rows(conn, store, batch)
        else:
            batch_answers.answers_file(store, batch.answers_digest)
        # Last, so that who takes the version back waits for a moment, and not for the rows.
        lock(conn, f"deployment of {spec.name}")
        _serving(conn, spec, part)
    return answered.rows


def finish(
    spec: ModelSpec, night: date, parts: int, version: int, *, store: Store, engine: Engine, at: datetime
) -> int:
    """Prove that every part of a night is there, and let it stand in these alone; return its rows.

    Raises
    ------
    ScoringError
        When a part is missing, or another version than the planned one answered it.
    DataError
        When an entity comes in two parts.
    """
    with engine.begin() as conn:
        found = batches.settle(conn, spec.name, night, parts, at)
        if not batches.is_whole(found):
            there = ", ".join(str(batch.part) for batch in found) or "none"
            raise ScoringError(
                f"Of the {parts} parts of the night {night} of {spec.name} there are: {there}. Clear the "
                "task `score` of the others; those that are there stay."
            )
        _refuse_other_versions(spec, found, version)
        if parts > 1:
            _refuse_doubles(spec, found, store)
    return sum(batch.rows for batch in found)


def window_of(part: Part) -> Window:
    """Return the stretch of time of a part: the night in equal pieces that leave nothing out.

    >>> print(window_of(Part("2026-03-01", 2, 3, deployment=1, version=1)))
    from 2026-03-01 08:00 until before 2026-03-01 16:00 UTC
    """
    night = whole_day(date.fromisoformat(part.night))
    assert night.start is not None  # a whole day has both ends
    piece = DAY / part.parts
    end = night.end if part.part == part.parts else night.start + part.part * piece
    return Window(night.start + (part.part - 1) * piece, end)


def _serving(conn: Connection, spec: ModelSpec, part: Part) -> Deployment:
    """Return the deployment that the night was planned with, which may have been replaced since."""
    found = deployments.find(conn, part.deployment)
    if found is None or found.model != spec.name or found.version != part.version:
        raise DeploymentRefused(
            f"Deployment {part.deployment} is not version {part.version} of {spec.name}, with which the "
            f"night {part.night} was planned. Clear the task `plan` and all after it."
        )
    if found.withdrawn:
        raise DeploymentRefused(
            f"Version {found.version} of {spec.name} was taken back since the night {part.night} was "
            f"planned: {found.retired_because} Clear the task `plan` and all after "
            "it, and another version scores it."
        )
    deployments.prove(conn, found, serves=False)
    return found


def _refuse_other_kinds(spec: ModelSpec, signature: Signature) -> None:
    """Refuse a spec by which a feature would be read as another kind than the version takes."""
    for name, kind in signature.kinds.items():
        if name in spec.data.columns and (now := spec.data.kind_of(name)) != kind:
            wrong = f"{name!r} is {now or 'of no kind'}; the version that is to answer takes it as {kind}."
            cure = f"Write kind: {kind}, or release a version that takes it as it is now."
            raise DataError(spec.name, f"data.columns.{name}", wrong, cure)


def _refuse_other_versions(spec: ModelSpec, found: tuple[Batch, ...], version: int) -> None:
    """Refuse a night of which another run, with another version, has scored parts meanwhile."""
    for batch in found:
        if batch.version != version:
            raise ScoringError(
                f"Part {batch.part} of the night {batch.night} of {spec.name} was answered by version "
                f"{batch.version}, in the run {batch.dag_run_id}, and this run was planned with version "
                f"{version}. Clear the task `plan` and all after it: one version scores the whole night."
            )


def _refuse_doubles(spec: ModelSpec, found: tuple[Batch, ...], store: Store) -> None:
    files = [batch_answers.answers_file(store, batch.answers_digest) for batch in found]
    seen = Fingerprints()
    for keys in keys_of(files, "entity_key"):
        seen.add(keys)
    refuse_doubles(spec, doubles(files, "entity_key", seen.repeated()))
