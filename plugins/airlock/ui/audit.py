"""The page of the audit log: its newest rows as sentences, whether it verified, and where it is anchored."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime

import sqlalchemy as sa
from fastapi import Request
from fastapi.responses import HTMLResponse

from airlock.governance.tables import audit_log
from airlock.settings import database_url
from airlock.ui.log_state import state_of
from airlock.ui.queries import engine
from airlock.ui.rendering import html

MOST = 200

#: What a row says, with its facts; an act that is not here is said by its name.
WORDS: Mapping[str, str] = {
    "candidate_registered": "registered candidate {candidate} as version {version}: {reason}",
    "candidate_refused": "saw candidate {candidate} refused: {reason}",
    "release_opened": "opened release {release} of version {version}, for {people} people, the way {way}",
    "answer_recorded": "answered {choice} to release {release} (answer {slot}): {reason}",
    "answer_refused": "gave an answer to release {release} that does not count: {reason}",
    "release_closed": "closed release {release} as {state}: {reason}",
    "deployment_refused": "was refused a deployment: {reason}",
    "deployed": "deployed version {version} (deployment {deployment}, release {release})",
    "withdrawn": "withdrew version {version} (deployment {deployment}): {reason}",
    "rolled_back": "rolled version {version} back (deployment {deployment}): {reason}",
    "challenger_started": "started version {version} as challenger {challenger} ({way}), share {share}",
    "challenger_stepped": "gave challenger {challenger} the share {share} (step {step})",
    "challenger_ended": "ended challenger {challenger} as {outcome}: {because}",
    "training_asked": "asked for a training after the night of {night}: {cause}",
    "drill_held": "held a drill of version {version}: there in {there} s, back in {back} s {problem}",
    "key_issued": "issued a key to {client}: {reason}",
    "key_revoked": "revoked a key of {client}: {reason}",
    "version_found": "found version {version}",
    "version_reproduced": "trained version {version} again: {sentence}",
    "quarantine_settled": "settled rows in quarantine as {state}: {reason}",
    "incident_opened": "opened incident {incident}: {sentence}",
    "incident_assigned": "gave incident {incident} to {owner}: {text}",
    "incident_noted": "noted about incident {incident}: {text}",
    "incident_settled": "settled incident {incident}: {reason}",
    "inquiry_answered": "was asked about incident {incident} and answered {choice}: {reason}",
    "inquiry_answer_refused": "gave an answer about incident {incident} that does not count: {reason}",
    "answers_deleted": "deleted {rows} answers past their time (deletion {deletion}, {kind})",
    "records_deleted": "deleted {rows} rows past their time (deletion {deletion}, {kind})",
    "contest_decided": "decided contest {contest}, {state}: {reason}",
    "contest_answer_refused": "gave an answer to contest {contest} that does not count: {reason}",
    "act_refused": "was refused to {act}: {reason}",
    "log_anchored": "anchored row {seq} of this log",
}


def audit_page(request: Request, model: str | None = None) -> HTMLResponse:
    """Show the newest rows, of one model or of all, newest first."""
    of_model = [audit_log.c.model == model] if model else []
    newest = sa.select(audit_log).where(*of_model).order_by(audit_log.c.seq.desc()).limit(MOST)
    with engine(database_url()).connect() as connection:
        rows = connection.execute(newest).mappings().all()
        state = state_of(connection, datetime.now(UTC))
    said = [(row, sentence(row["act"], row["facts"])) for row in rows]
    return html("audit", request, rows=said, state=state, model=model, most=MOST)


def sentence(act: str, facts: object) -> str:
    """Return what a row says was done, to be read after the name of its actor.

    >>> sentence("withdrawn", {"version": 3, "deployment": 7})
    'withdrew version 3 (deployment 7): ?'
    >>> sentence("made_by_a_newer_airlock", {})
    'made by a newer airlock'
    """
    if act not in WORDS:
        return act.replace("_", " ")
    known = facts if isinstance(facts, Mapping) else {}
    return WORDS[act].format_map(defaultdict(lambda: "?", known))
