"""What the records say: candidates, their releases and answers, their deployments and predictions."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from airlock.digests import short
from airlock.governance import approvals, batches, candidates, deletions
from airlock.governance.candidates import Candidate
from airlock.governance.lineage import stored
from airlock.governance.lineage.thing import Thing, moment
from airlock.governance.tables import candidates as candidates_table
from airlock.governance.tables import challengers, deployments, predictions
from airlock.governance.tables import releases as releases_table
from airlock.store import Store


def candidates_with(conn: Connection, *conditions: sa.ColumnElement[bool]) -> tuple[Candidate, ...]:
    """Return the candidates that fulfil conditions, oldest first, each with its evidence proved."""
    query = sa.select(candidates_table.c.id).where(*conditions).order_by(candidates_table.c.id)
    found = (candidates.find(conn, number) for number in conn.execute(query).scalars())
    return tuple(candidate for candidate in found if candidate)


def came_from(conn: Connection, candidate: Candidate, store: Store) -> tuple[Thing, ...]:
    """Return what a candidate was made of, and what people read about it."""
    made = [
        stored.proof(store, "package", candidate.package_digest),
        snapshot(conn, store, candidate.snapshot_digest),
    ]
    if candidate.dossier_digest:
        made.insert(0, stored.proof(store, "dossier", candidate.dossier_digest))
    if entry := candidate.evidence.get("catalogue"):
        told = f"The catalogue lets it be used for {entry.get('purpose')}."
        made.append(Thing("catalogue", str(entry.get("source")), told, entry))
    if external := candidate.evidence.get("external"):
        told = f"Registered by {external['registered_by']} by hand, as MLflow was told."
        made.append(Thing("mlflow_version", f"{candidate.model}/{external['version']}", told, external))
    return tuple(made)


def snapshot(conn: Connection, store: Store, digest: str) -> Thing:
    """Return a snapshot, with the deletion where retention took it out of the store."""
    deletion = None if store.has(stored.SNAPSHOTS, digest) else deletions.of_snapshot(conn, digest)
    if deletion is None:
        return stored.snapshot(store, digest)
    when = f"{moment(deletion.deleted_at)} (deletion {deletion.id})"
    told = f"Deleted by retention {when}; it held {deletion.rows:,} rows."
    return Thing("snapshot", digest, told, {"proved": False, "deletion": deletion.id})


def led_to(conn: Connection, candidate: Candidate) -> tuple[Thing, ...]:
    """Return what came of a candidate: releases with their answers, deployments, predictions, nights."""
    return (
        *_releases(conn, candidate),
        *_deployments(conn, candidate),
        *_predictions(conn, candidate),
        *_nights(conn, candidate),
    )


def thing_of(candidate: Candidate, parts: tuple[Thing, ...]) -> Thing:
    """Return a candidate as a thing: a version where it was registered."""
    facts = {
        "candidate": candidate.id,
        "state": candidate.state,
        "trained_by": candidate.trained_by,
        "cause": candidate.cause,
        "run": f"{candidate.model}.train/{candidate.dag_run_id}",
        "mlflow_run_id": candidate.mlflow_run_id,
        "as_of": candidate.as_of.isoformat(),
        "recorded_at": candidate.recorded_at.isoformat(),
        "spec_digest": candidate.spec_digest,
        "evidence_digest": candidate.evidence_digest,
        "code_version": candidate.evidence.get("code_version"),
    }
    told = (
        f"{candidate.state.capitalize()} {moment(candidate.recorded_at)}; trained by {candidate.trained_by} "
        f"({candidate.dag_run_id}), because: {candidate.cause}"
    )
    if candidate.version is None:
        return Thing("candidate", str(candidate.id), f"{told} {candidate.reason}", facts, parts)
    return Thing("version", f"{candidate.model}/{candidate.version}", told, facts, parts)


def in_words(candidate: Candidate) -> str:
    """Return the name of a version or a refused candidate."""
    return f"version {candidate.version}" if candidate.version else f"candidate {candidate.id}"


def _releases(conn: Connection, candidate: Candidate) -> list[Thing]:
    kept = ("state", "way", "dag_run_id", "package_digest", "dossier_digest")
    return [
        Thing(
            "release",
            str(row["id"]),
            f"{row['state'].capitalize()} ({row['way']}); opened {moment(row['opened_at'])} by "
            f"{candidate.model}.release/{row['dag_run_id']}. {row['reason']}",
            {name: row[name] for name in kept},
            tuple(_answers(conn, row["id"])),
        )
        for row in _all(conn, releases_table, candidate)
    ]


def _answers(conn: Connection, release: int) -> list[Thing]:
    return [
        Thing(
            "approval",
            f"{release}/{one.slot}",
            f"{one.sentence} ({moment(one.responded_at)}, shown dossier {short(one.dossier_digest)})",
            {"responder": one.responder, "choice": one.choice, "dossier_digest": one.dossier_digest},
        )
        for one in approvals.of_release(conn, release)
    ]


def _deployments(conn: Connection, candidate: Candidate) -> list[Thing]:
    beside = [
        Thing(
            "challenger",
            str(row["id"]),
            f"Ran beside the champion ({row['way']}) from {moment(row['started_at'])} "
            f"{_until(row['ended_at'], row['ended_because'])}",
            {"way": row["way"], "outcome": row["outcome"], "release": row["release_id"]},
        )
        for row in _all(conn, challengers, candidate)
    ]
    served = [
        Thing(
            "deployment",
            str(row["id"]),
            f"Served from {moment(row['deployed_at'])} {_until(row['retired_at'], row['retired_because'])}",
            {"release": row["release_id"], "withdrawn": row["withdrawn"], "reinstates": row["reinstates"]},
        )
        for row in _all(conn, deployments, candidate)
    ]
    return beside + served


def _until(ended: Any, because: str | None) -> str:
    return f"until {moment(ended)}: {because}" if ended else "until now."


def _predictions(conn: Connection, candidate: Candidate) -> list[Thing]:
    if candidate.version is None:
        return []
    log = predictions.c
    query = (
        sa.select(
            log.purpose, sa.func.count(), sa.func.min(log.scored_at), sa.func.max(log.scored_at)
        )
        .where(log.model == candidate.model, log.version == candidate.version)
        .group_by(log.purpose)
        .order_by(log.purpose)
    )  # fmt: skip
    return [
        Thing(
            "predictions",
            f"{candidate.model}/{candidate.version}/{purpose}",
            f"{rows:,} of the purpose {purpose}, the first {moment(first)}, the last {moment(last)}.",
            {"rows": rows, "first": first.isoformat(), "last": last.isoformat()},
        )
        for purpose, rows, first, last in conn.execute(query)
    ]


def _nights(conn: Connection, candidate: Candidate) -> list[Thing]:
    return [
        Thing(
            "batch",
            str(batch.id),
            f"{batch.rows:,} rows of the night {batch.night} (part {batch.part} of {batch.parts}), scored "
            f"{moment(batch.scored_at)} by {candidate.model}.score/{batch.dag_run_id}.",
            {"rows": batch.rows, "night": batch.night.isoformat(), "answers_digest": batch.answers_digest},
        )
        for batch in batches.of_nights(conn, candidate.model)
        if batch.version == candidate.version
    ]


def _all(conn: Connection, table: sa.Table, candidate: Candidate) -> list[RowMapping]:
    query = sa.select(table).where(table.c.candidate_id == candidate.id).order_by(table.c.id)
    return list(conn.execute(query).mappings())
