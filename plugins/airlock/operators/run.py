"""What a task needs to know of the run it belongs to, taken from Airflow's context in one place."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import Asset, Context, timezone

from airlock.chain.lineage import Lineage
from airlock.code_version import code_version
from airlock.spec.durations import parse_duration

#: How Airflow calls a run that a task of another Dag triggered; its conf is that task's, nobody else's.
BY_A_TASK = "operator_triggered"
#: What Airflow's API adds to the events that people make through it; they cannot leave it out.
BY_HAND = "from_rest_api"
#: Who started a run that no person did.
BY_SCHEDULE = "schedule"


class RunError(Exception):
    """A run was started with something that cannot be used."""


class MadeByHand(RunError):
    """A run was started by an event that a person made past what would have recorded who did."""


@dataclass(frozen=True)
class Run:
    """One Dag run: its id, who started it and why, and the moment from which it looks at the world.

    Of a training also its mode, and how far back it reads where that is not for the spec to say.
    """

    dag_id: str
    run_id: str
    started_by: str
    cause: str
    as_of: datetime
    interval_end: datetime
    mode: str | None = None
    history: timedelta | None = None

    def lineage(self, snapshot: str) -> Lineage:
        """Return where a candidate comes from that this run makes from a snapshot."""
        return Lineage(self.run_id, self.started_by, self.cause, self.as_of, snapshot, code_version())


def run_of(context: Context, asset: Asset | None = None) -> Run:
    """Read the run's facts; `asset` is the one whose event may have started it and says the cause.

    Raises
    ------
    RunError
        When `as_of` is no moment.
    MadeByHand
        When a person made the event that started the run: Airflow does not keep who, so who must not approve
        what comes of it would be unknown.
    """
    dag_run = context["dag_run"]
    event = event_extra(context, asset) if asset else {}
    told = (dag_run.conf or {}).get("started_by") if dag_run.run_type == BY_A_TASK else None
    if asset and any(one.extra.get(BY_HAND) for one in context["triggering_asset_events"].get(asset, ())):
        raise MadeByHand(
            f"This run was started by an event of {asset.uri} that was made by hand, and Airflow keeps that "
            f"it was, but not by whom. Trigger {dag_run.dag_id} instead, which records who did."
        )
    params = context["params"]
    interval_end = dag_run.data_interval_end or dag_run.run_after
    given = params.get("as_of") or event.get("as_of")
    user = dag_run.triggering_user_name
    started_by = user if user and not event else str(event.get("started_by") or BY_SCHEDULE)
    started_by = str(told or started_by)
    return Run(
        dag_id=dag_run.dag_id,
        run_id=dag_run.run_id,
        started_by=started_by,
        cause=params.get("reason") or event.get("cause") or f"started by {started_by}, who gave no reason",
        as_of=moment(given) if given else interval_end,
        interval_end=interval_end,
        mode=event.get("mode") or params.get("mode"),
        history=parse_duration(event["history"]) if event.get("history") else None,
    )


def name_of_run(run: Any) -> str:
    """Return how the records name a run, Airflow's own or a `Run`: `<dag id>/<run id>`."""
    return f"{run.dag_id}/{run.run_id}"


def event_extra(context: Context, asset: Asset) -> Mapping[str, Any]:
    """Return what the newest event of `asset` that started this run carries; nothing where none did."""
    events = context["triggering_asset_events"].get(asset, ())
    return events[-1].extra if events else {}


def reason_of(context: Context, cure: str) -> str:
    """Return the reason that a person gave in the form; `cure` is what to write where there is none.

    Raises
    ------
    RunError
        When it is empty.
    """
    reason = str(context["params"]["reason"]).strip()
    if not reason:
        raise RunError(f"reason: is empty. {cure}")
    return reason


def moment(text: str) -> datetime:
    """Read a moment with its time zone.

    Raises
    ------
    RunError
        When it is no moment, or lies in no time zone.
    """
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise RunError(
            f"as_of: {text!r} is not a moment. Write one such as 2026-11-01T00:00:00+00:00."
        ) from None
    if parsed.tzinfo is None:
        raise RunError(f"as_of: {text!r} has no time zone. Write one such as {parsed.isoformat()}+00:00.")
    return parsed.astimezone(timezone.utc)
