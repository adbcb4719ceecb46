"""The life of a model, newest first: the audit log's acts in words, and the decisions that were contested."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import RowMapping

from airlock.ui.audit import sentence
from airlock.ui.queries import MOST_EVENTS

#: What kind of event an act is, and its tone; an act that is not here is another event, without a tone.
KINDS: Mapping[str, tuple[str, str]] = {
    "training_asked": ("training", "wait"),
    "candidate_registered": ("training", "good"),
    "candidate_refused": ("training", "bad"),
    "version_found": ("training", "soft"),
    "version_reproduced": ("training", "soft"),
    "release_opened": ("release", "wait"),
    "answer_recorded": ("answer", "soft"),
    "answer_refused": ("answer", "bad"),
    "release_closed": ("release", "soft"),
    "deployment_refused": ("deployment", "bad"),
    "deployed": ("deployment", "good"),
    "withdrawn": ("withdrawal", "bad"),
    "rolled_back": ("rollback", "bad"),
    "challenger_started": ("challenger", "wait"),
    "challenger_stepped": ("challenger", "wait"),
    "challenger_ended": ("challenger", "soft"),
    "quarantine_settled": ("quarantine", "soft"),
    "incident_opened": ("incident", "bad"),
    "incident_assigned": ("incident", "wait"),
    "incident_noted": ("incident", "soft"),
    "incident_settled": ("incident", "good"),
    "inquiry_answered": ("incident", "soft"),
    "inquiry_answer_refused": ("incident", "bad"),
    "contest_decided": ("contest", "good"),
    "contest_answer_refused": ("contest", "bad"),
    "answers_deleted": ("retention", "soft"),
    "records_deleted": ("retention", "soft"),
    "act_refused": ("refusal", "bad"),
}


@dataclass(frozen=True)
class Event:
    """One thing that happened: who did what; `run` is the Dag run, as `<dag id>/<run id>`."""

    at: datetime
    kind: str
    tone: str
    actor: str
    sentence: str
    run: str | None


def life(acts: Sequence[RowMapping], contests: Sequence[RowMapping]) -> list[Event]:
    """Return what happened to a model, the newest `MOST_EVENTS` of it."""
    done = [
        Event(
            row["at"],
            *KINDS.get(row["act"], ("other", "soft")),
            row["actor"],
            sentence(row["act"], row["facts"]),
            row["run"],
        )
        for row in acts
    ]
    contested = [
        Event(
            one["asked_at"],
            "contest",
            "wait",
            one["asked_by"],
            f"passed on contest {one['id']} of decision {one['decision_id']}",
            f"{one['model']}.contest/contest_{one['id']}",
        )
        for one in contests
    ]
    return sorted([*done, *contested], key=lambda event: event.at, reverse=True)[:MOST_EVENTS]
