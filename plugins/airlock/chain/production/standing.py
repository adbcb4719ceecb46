"""Standings: what the record says of each model, and whether what serves can be proved by it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from airlock.governance import challenger_proof, challengers, deployments
from airlock.governance.challengers import Challenger
from airlock.governance.deployments import Deployment
from airlock.governance.passage import SERVING
from airlock.governance.records import RecordError, record_of
from airlock.governance.tables import audit_log as log_table
from airlock.governance.tables import candidates as candidates_table
from airlock.governance.tables import challengers as challengers_table
from airlock.governance.tables import deployments as deployments_table
from airlock.governance.tables import releases as releases_table


@dataclass(frozen=True)
class Registered:
    """A registered candidate, without its evidence; `served` says whether it was ever in production."""

    id: int
    model: str
    version: int
    mlflow_run_id: str
    package_digest: str
    dossier_digest: str | None
    evidence_digest: str
    snapshot_digest: str
    spec_digest: str
    served: bool


@dataclass(frozen=True)
class Standing:
    """What the record says of one model.

    `champion` is the row that says what serves, `refusal` why it is not proved, empty where it is; `logged`
    is the deployment that the audit log says serves, and `proven` its row where that can be proved. `before`
    is the version that served before, `challenger_before` the one that last ran beside a champion; `approved`
    are candidates whose releases wait to be deployed.
    """

    model: str
    registered: Mapping[int, Registered]
    champion: Deployment | None = None
    refusal: str = ""
    logged: int | None = None
    proven: Deployment | None = None
    before: int | None = None
    challenger: Challenger | None = None
    challenger_refusal: str = ""
    challenger_before: int | None = None
    approved: frozenset[int] = frozenset()

    @property
    def in_use(self) -> tuple[Registered, ...]:
        """The candidates whose bytes production stands on by right, or will: those of approved releases."""
        beside = None if self.challenger_refusal else self.challenger
        used = {one.candidate_id for one in (self.proven, beside) if one} | self.approved
        return tuple(candidate for candidate in self.registered.values() if candidate.id in used)


def standings(conn: Connection) -> tuple[Standing, ...]:
    """Return what the record says of every model that has a registered candidate or serves."""
    registered = _registered(conn)
    champions = {one.model: one for one in deployments.champions(conn)}
    beside = {one.model: one for one in challengers.actives(conn)}
    approved = _approved(conn)
    return tuple(
        Standing(
            model,
            registered.get(model, {}),
            champion := champions.get(model),
            _refusal(conn, champion),
            logged := _logged(conn, model),
            _proven(conn, logged),
            _before(conn, champion),
            challenger := beside.get(model),
            _refusal_of_challenger(conn, challenger),
            _challenger_before(conn, model),
            frozenset(approved.get(model, ())),
        )
        for model in sorted({*registered, *champions, *beside})
    )


def _registered(conn: Connection) -> dict[str, dict[int, Registered]]:
    known = candidates_table.c
    served = sa.exists().where(deployments_table.c.candidate_id == known.id)
    columns = [
        *(known[name] for name in Registered.__dataclass_fields__ if name != "served"),
        served.label("served"),
    ]
    query: sa.Select[Any] = sa.select(*columns).where(known.state == "registered").order_by(known.id)
    found: defaultdict[str, dict[int, Registered]] = defaultdict(dict)
    for row in conn.execute(query):
        found[row.model][row.version] = record_of(Registered, row)
    return dict(found)


def _approved(conn: Connection) -> dict[str, set[int]]:
    query = sa.select(releases_table.c.model, releases_table.c.candidate_id)
    found: defaultdict[str, set[int]] = defaultdict(set)
    for row in conn.execute(query.where(releases_table.c.state == "approved")):
        found[row.model].add(row.candidate_id)
    return dict(found)


def _refusal(conn: Connection, champion: Deployment | None) -> str:
    try:
        if champion is not None:
            deployments.prove(conn, champion)
    except RecordError as error:
        return str(error)
    return ""


def _logged(conn: Connection, model: str) -> int | None:
    """Return the deployment that the audit log says serves: the last one, unless it was taken back since."""
    known = log_table.c
    query = sa.select(known.act, known.facts).where(known.model == model, known.act.in_(SERVING))
    row = conn.execute(query.order_by(known.seq.desc()).limit(1)).one_or_none()
    return row.facts.get("deployment") if row is not None and row.act == "deployed" else None


def _proven(conn: Connection, logged: int | None) -> Deployment | None:
    query = sa.select(deployments_table).where(deployments_table.c.id == logged)
    row = conn.execute(query).one_or_none()
    found = None if row is None else record_of(Deployment, row)
    return None if _refusal(conn, found) else found


def _refusal_of_challenger(conn: Connection, challenger: Challenger | None) -> str:
    try:
        if challenger is not None:
            challenger_proof.prove(conn, challenger)
    except RecordError as error:
        return str(error)
    return ""


def _before(conn: Connection, champion: Deployment | None) -> int | None:
    """Return the version that served last before this champion."""
    if champion is None:
        return None
    known = deployments_table.c
    query = sa.select(known.version).where(known.model == champion.model, known.id < champion.id)
    return conn.execute(query.order_by(known.id.desc()).limit(1)).scalar_one_or_none()


def _challenger_before(conn: Connection, model: str) -> int | None:
    """Return the version that ran last beside a champion, and does no more."""
    known = challengers_table.c
    query = sa.select(known.version).where(known.model == model, known.ended_at.is_not(None))
    return conn.execute(query.order_by(known.id.desc()).limit(1)).scalar_one_or_none()
