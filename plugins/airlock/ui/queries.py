"""What the pages read from the airlock database; always as many queries, however many models there are."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.engine import Connection, Engine, RowMapping

from airlock.governance.challengers import Challenger
from airlock.governance.deployments import Deployment
from airlock.governance.engine import connect
from airlock.governance.nights import WAS_OVER
from airlock.governance.records import record_of
from airlock.governance.releases import Release
from airlock.governance.tables import (
    approvals,
    audit_log,
    candidates,
    challengers,
    deployments,
    incidents,
    nights,
    quarantine,
    releases,
    reproductions,
)
from airlock.governance.why import standing

T = TypeVar("T")

STATEMENT_SECONDS = 5.0
NEWEST = 20
NEWEST_NIGHTS = 61
MOST_EVENTS = 60
MOST_HELD = 200

CANDIDATE = (
    candidates.c.id,
    candidates.c.model,
    candidates.c.dag_run_id,
    candidates.c.state,
    candidates.c.reason,
    candidates.c.version,
    candidates.c.mlflow_run_id,
    candidates.c.snapshot_digest,
    candidates.c.package_digest,
    candidates.c.dossier_digest,
    candidates.c.trained_by,
    candidates.c.cause,
    candidates.c.recorded_at,
)
#: With its figures, which lie in the whole of its evidence: hundreds of these are slow to read.
MEASURED = (*CANDIDATE, candidates.c.evidence["metrics"].label("metrics"))


#: What the page of all models shows of a night: its measures are large.
NIGHT = (nights.c.model, nights.c.night, nights.c.rows, nights.c.findings, nights.c.report)


@dataclass(frozen=True)
class Newest:
    """The newest record of each kind that one model has.

    `challenger` runs beside the champion now, `incidents` are open, and `standing` says why the newest
    candidate is not in production, or since when it is.
    """

    champion: RowMapping | None = None
    candidate: RowMapping | None = None
    release: RowMapping | None = None
    night: RowMapping | None = None
    challenger: RowMapping | None = None
    incidents: int = 0
    standing: str = ""


@dataclass(frozen=True)
class History:
    """The newest records of one model, newest first.

    `acts` are what the audit log has of it. `answers` are a release's approvals by its id; `held` is how many
    rows wait in its quarantine. By a candidate's id, `standings` say why it is not in production and
    `reproductions` what came of training it again.
    """

    champion: RowMapping | None
    candidates: Sequence[RowMapping]
    releases: Sequence[RowMapping]
    deployments: Sequence[RowMapping]
    nights: Sequence[RowMapping]
    challengers: Sequence[RowMapping]
    incidents: Sequence[RowMapping]
    acts: Sequence[RowMapping]
    answers: Mapping[int, Sequence[RowMapping]] = field(default_factory=dict)
    held: int = 0
    standings: Mapping[int, str] = field(default_factory=dict)
    reproductions: Mapping[int, RowMapping] = field(default_factory=dict)


@dataclass(frozen=True)
class Quarantined:
    """The rows that one model holds, oldest first, how many there are, and the newest decisions."""

    count: int
    held: Sequence[RowMapping]
    settled: Sequence[RowMapping]


@cache
def engine(url: str) -> Engine:
    """Return this process's engine for the airlock database."""
    return connect(url, application="airlock-ui", statement_seconds=STATEMENT_SECONDS)


def newest_of_all(conn: Connection) -> dict[str, Newest]:
    """Return the newest records of every model that has any."""
    found: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for kind, query in {
        "champion": sa.select(deployments).where(deployments.c.retired_at.is_(None)),
        "candidate": _first_of_each(sa.select(*CANDIDATE), candidates.c.model, candidates.c.id),
        "release": _first_of_each(_releases(), releases.c.model, releases.c.id),
        "night": _first_of_each(sa.select(*NIGHT).where(WAS_OVER), nights.c.model, nights.c.night),
        "challenger": sa.select(challengers).where(challengers.c.ended_at.is_(None)),
    }.items():
        for row in conn.execute(query).mappings():
            found[row["model"]][kind] = row
    waiting = sa.select(incidents.c.model, sa.func.count()).where(incidents.c.state == "open")
    for model, count in conn.execute(waiting.group_by(incidents.c.model)):
        if model is not None:
            found[model]["incidents"] = count
    registered = {
        rows["candidate"]["id"]: model
        for model, rows in found.items()
        if "candidate" in rows and rows["candidate"]["state"] == "registered"
    }
    for candidate, sentence in _standings(conn, registered).items():
        found[registered[candidate]]["standing"] = sentence
    return {model: Newest(**rows) for model, rows in found.items()}


def history(conn: Connection, model: str) -> History:
    """Return what happened to one model."""
    opened = _all(
        conn, _releases().where(releases.c.model == model).order_by(releases.c.id.desc()).limit(NEWEST)
    )
    serving = sa.select(deployments).where(deployments.c.model == model, deployments.c.retired_at.is_(None))
    tried = _all(conn, _newest(sa.select(*MEASURED), candidates, model))
    logged = sa.select(audit_log).where(audit_log.c.model == model).order_by(audit_log.c.seq.desc())
    return History(
        champion=conn.execute(serving).mappings().one_or_none(),
        candidates=tried,
        releases=opened,
        deployments=_all(conn, _newest(sa.select(deployments), deployments, model)),
        nights=_all(
            conn,
            sa.select(nights)
            .where(nights.c.model == model)
            .order_by(nights.c.night.desc())
            .limit(NEWEST_NIGHTS),
        ),
        challengers=_all(conn, _newest(sa.select(challengers), challengers, model)),
        incidents=_all(conn, _newest(sa.select(incidents), incidents, model)),
        acts=_all(conn, logged.limit(MOST_EVENTS)),
        answers=_answers(conn, [release["id"] for release in opened]),
        held=conn.execute(_held(sa.select(sa.func.count()), model)).scalar_one(),
        standings=_standings(conn, {one["id"]: model for one in tried if one["state"] == "registered"}),
        reproductions=_reproductions(conn, model),
    )


def quarantined(conn: Connection, model: str) -> Quarantined:
    """Return what one model has in quarantine, and what people decided lately."""
    decided = sa.select(quarantine).where(quarantine.c.model == model, quarantine.c.state != "held")
    newest = quarantine.c.settled_at.desc(), quarantine.c.id.desc()
    return Quarantined(
        count=conn.execute(_held(sa.select(sa.func.count()), model)).scalar_one(),
        held=_all(conn, _held(sa.select(quarantine), model).order_by(quarantine.c.id).limit(MOST_HELD)),
        settled=_all(conn, decided.order_by(*newest).limit(NEWEST)),
    )


def _held(query: sa.Select[Any], model: str) -> sa.Select[Any]:
    return query.where(quarantine.c.model == model, quarantine.c.state == "held")


def _standings(conn: Connection, models: Mapping[int, str]) -> dict[int, str]:
    """Say of registered candidates, by their model, why they are not in production, or since when."""
    deployed = _newest_of_candidates(conn, Deployment, deployments, models)
    opened = _newest_of_candidates(conn, Release, releases, models)
    beside = _newest_of_candidates(conn, Challenger, challengers, models)
    answers = _answers(conn, [release.id for release in opened.values()])
    return {
        candidate: standing(
            model,
            deployed.get(candidate),
            opened.get(candidate),
            len(answers.get(opened[candidate].id, ())) if candidate in opened else 0,
            beside.get(candidate),
        )
        for candidate, model in models.items()
    }


def _newest_of_candidates(
    conn: Connection, kind: type[T], table: sa.Table, of: Collection[int]
) -> dict[int, T]:
    query = _first_of_each(
        sa.select(table).where(table.c.candidate_id.in_(of)), table.c.candidate_id, table.c.id
    )
    return {row.candidate_id: record_of(kind, row) for row in conn.execute(query)}


def _reproductions(conn: Connection, model: str) -> dict[int, RowMapping]:
    """Return what came of training each version again, the last time somebody did."""
    query = sa.select(reproductions).where(reproductions.c.model == model)
    newest = _first_of_each(query, reproductions.c.candidate_id, reproductions.c.id)
    return {row["candidate_id"]: row for row in conn.execute(newest).mappings()}


def _releases() -> sa.Select[Any]:
    about = candidates.c.id == releases.c.candidate_id
    return sa.select(releases, candidates.c.version).join(candidates, about)


def _first_of_each(query: sa.Select[Any], model: sa.Column[Any], newest: sa.Column[Any]) -> sa.Select[Any]:
    return query.ext(distinct_on(model)).order_by(model, newest.desc())


def _newest(query: sa.Select[Any], table: sa.Table, model: str) -> sa.Select[Any]:
    return query.where(table.c.model == model).order_by(table.c.id.desc()).limit(NEWEST)


def _answers(conn: Connection, of: Sequence[int]) -> dict[int, list[RowMapping]]:
    query = sa.select(approvals).where(approvals.c.release_id.in_(of)).order_by(approvals.c.slot)
    found: defaultdict[int, list[RowMapping]] = defaultdict(list)
    for row in conn.execute(query).mappings():
        found[row["release_id"]].append(row)
    return dict(found)


def _all(conn: Connection, query: sa.Select[Any]) -> Sequence[RowMapping]:
    return conn.execute(query).mappings().all()
