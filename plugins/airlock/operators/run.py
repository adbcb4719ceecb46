"""What a task needs to know of the run it belongs to, taken from Airflow's context in one place."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import Asset, Context, timezone

from airlock.chain.lineage import Lineage
from airlock.code_version import code_version
from airlock.operators.base import database
from airlock.spec.durations import parse_duration
from airlock.spec.training import EXTERNAL

#: How Airflow calls a run that a task of another Dag triggered. It may have been told to by whoever edited
#: an XCom: Dag, run id and conf, and Airflow writes the user of the task's own run beside it.
BY_A_TASK = "operator_triggered"
#: Who started such a run, which is nobody's.
A_TASK = "a task of another Dag"
#: What Airflow's API adds to the events that people make through it; they cannot leave it out.
BY_HAND = "from_rest_api"
#: Who started a run that no person did.
BY_SCHEDULE = "schedule"


class RunError(Exception):
    """A run was started with something that cannot be used."""


class MadeByHand(RunError):
    """A run was started past what would have recorded who did: by an event or an XCom that a person made."""


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
        When a person may have made the event that started the run, or what a task was told to trigger:
        Airflow does not keep who, so who must not approve what comes of it would be unknown.
    """
    dag_run, params = context["dag_run"], context["params"]
    event = event_extra(context, asset) if asset else {}
    if asset and any(one.extra.get(BY_HAND) for one in context["triggering_asset_events"].get(asset, ())):
        raise MadeByHand(
            f"This run was started by an event of {asset.uri} that was made by hand, and Airflow keeps that "
            f"it was, but not by whom. Trigger {dag_run.dag_id} instead, which records who did."
        )
    if asset and dag_run.run_type == BY_A_TASK:
        event, params = _of_intake(dag_run, params), {}
    interval_end = dag_run.data_interval_end or dag_run.run_after
    given = params.get("as_of") or event.get("as_of")
    user = A_TASK if dag_run.run_type == BY_A_TASK else dag_run.triggering_user_name
    started_by = user if user and not event else str(event.get("started_by") or BY_SCHEDULE)
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


def person_of(dag_run: Any) -> str | None:
    """Return the user who triggered a run; None where no person did, or none can be known to have."""
    return None if dag_run.run_type == BY_A_TASK else dag_run.triggering_user_name


def name_of_run(run: Any) -> str:
    """Return how the records name a run, Airflow's own or a `Run`: `<dag id>/<run id>`."""
    return f"{run.dag_id}/{run.run_id}"


def event_extra(context: Context, asset: Asset) -> Mapping[str, Any]:
    """Return what the newest event of `asset` that started this run carries; nothing where none did."""
    events = context["triggering_asset_events"].get(asset, ())
    return events[-1].extra if events else {}


def _of_intake(dag_run: Any, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the audit log says of a version, where the intake started this run to take it in."""
    from airlock.governance.intake import cause_of, registered_by, run_id_of

    model, _, kind = dag_run.dag_id.partition(".")
    version: Any = params.get("version")
    if (kind, params.get("mode"), dag_run.run_id) == ("train", EXTERNAL, run_id_of(version)):
        with database().connect() as connection:
            if who := registered_by(connection, model, version):
                return {"started_by": f"mlflow:{who}", "cause": cause_of(version), "mode": EXTERNAL}
    raise MadeByHand(
        "This run was triggered by a task of another Dag, and is none that the intake starts for a version "
        "it has found. What a task returned can be edited, so nobody is known to want it. Trigger "
        f"{dag_run.dag_id} instead, which records who did."
    )


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
