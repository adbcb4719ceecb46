"""Dossiers as pages: all there are, one with what became of it, and the one that an Airflow run is about."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.engine import Connection, RowMapping

from airlock.digests import short
from airlock.governance.tables import approvals, candidates, releases
from airlock.settings import database_url
from airlock.ui.dossiers import trouble
from airlock.ui.queries import CANDIDATE, engine
from airlock.ui.rendering import html

MOST = 100

#: Why a run of this kind of Dag is about no dossier.
NONE_OF = {
    "release": "This run has opened no release, so there is nothing to decide about.",
    "train": "No candidate came of this run so far: a training leaves its dossier at its gates.",
}
NONE = "Runs of {dag} are about no dossier. Trainings (<model>.train) and releases (<model>.release) are."


@dataclass(frozen=True)
class Judged:
    """A candidate that has a dossier, the release that it is about, if any, and what people answered."""

    candidate: RowMapping
    release: RowMapping | None
    answers: Sequence[RowMapping]

    @property
    def digest(self) -> str:
        """The dossier that people are shown."""
        return str((self.release or self.candidate)["dossier_digest"])

    @property
    def state(self) -> str:
        """How it stands: the release's state, or the candidate's where nobody was asked."""
        return str((self.release or self.candidate)["state"])

    @property
    def reason(self) -> str:
        """Why it stands so."""
        return str((self.release or self.candidate)["reason"])


def dossiers_page(request: Request, model: str = "") -> HTMLResponse:
    """Show the newest dossiers, of one model or of all, each with how its release stands."""
    has_one = candidates.c.dossier_digest.is_not(None)
    with engine(database_url()).connect() as connection:
        found = _judged(connection, has_one & (candidates.c.model == model) if model else has_one)
    return html("dossiers", request, found=found, model=model, most=MOST)


def dossier_page(request: Request, digest: str) -> HTMLResponse:
    """Show one dossier below what became of it."""
    with engine(database_url()).connect() as connection:
        found = _judged(connection, candidates.c.dossier_digest == digest)
    if not found:
        raise HTTPException(404, f"No candidate has the dossier {short(digest)}. Write all 64 digits.")
    return _shown(request, found[0])


def run_dossier_page(request: Request, dag: str, run: str) -> HTMLResponse:
    """Show the dossier that a run is about, as the tab beside Required Actions; say where there is none."""
    model, _, kind = dag.rpartition(".")
    this_release = (releases.c.model == model) & (releases.c.dag_run_id == run)
    chosen = {
        "release": candidates.c.id
        == sa.select(releases.c.candidate_id).where(this_release).scalar_subquery(),
        "train": (candidates.c.model == model)
        & (candidates.c.dag_run_id == run)
        & candidates.c.dossier_digest.is_not(None),
    }
    if kind not in chosen:
        return html("no_dossier", request, 404, sentence=NONE.format(dag=dag))
    with engine(database_url()).connect() as connection:
        found = _judged(connection, chosen[kind], this_release if kind == "release" else sa.true())
    if not found:
        return html("no_dossier", request, 404, sentence=NONE_OF[kind])
    return _shown(request, found[0])


def _shown(request: Request, one: Judged) -> HTMLResponse:
    wrong = trouble(one.digest)
    return html("dossier", request, 409 if wrong else 200, frames=True, one=one, wrong=wrong)


def _judged(
    conn: Connection,
    chosen: sa.ColumnElement[bool],
    of_release: sa.ColumnElement[bool] = sa.true(),
) -> list[Judged]:
    """Return candidates, newest first, each with its newest release of those asked for."""
    newest = sa.select(*CANDIDATE).where(chosen).order_by(candidates.c.id.desc()).limit(MOST)
    found = conn.execute(newest).mappings().all()
    about = releases.c.candidate_id.in_([row["id"] for row in found])
    newest_of_each = (
        sa.select(releases)
        .where(about, of_release)
        .ext(distinct_on(releases.c.candidate_id))
        .order_by(releases.c.candidate_id, releases.c.id.desc())
    )
    opened = {row["candidate_id"]: row for row in conn.execute(newest_of_each).mappings()}
    answers = _answers(conn, [row["id"] for row in opened.values()])
    return [
        Judged(row, release, answers[release["id"]] if release else ())
        for row in found
        for release in (opened.get(row["id"]),)
    ]


def _answers(conn: Connection, of: Sequence[int]) -> defaultdict[int, list[RowMapping]]:
    query = sa.select(approvals).where(approvals.c.release_id.in_(of)).order_by(approvals.c.slot)
    found: defaultdict[int, list[RowMapping]] = defaultdict(list)
    for row in conn.execute(query).mappings():
        found[row["release_id"]].append(row)
    return found
