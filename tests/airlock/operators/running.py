"""The part of Airflow's context that Airlock's operators look at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from airflow.sdk import Asset
from airflow.sdk.execution_time.context import OutletEventAccessors

RUN_AFTER = datetime(2026, 1, 9, 5, tzinfo=UTC)


@dataclass(frozen=True)
class DagRun:
    dag_id: str
    run_id: str
    triggering_user_name: str | None
    data_interval_end: datetime | None
    run_after: datetime = RUN_AFTER
    run_type: str = "manual"
    conf: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class AssetEvent:
    extra: Mapping[str, Any]


@dataclass(frozen=True)
class TaskInstance:
    dag_id: str
    run_id: str
    task_id: str
    map_index: int = -1
    try_number: int = 3
    id: UUID = UUID(int=1)
    pushed: dict[str, Any] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value

    def get_task_states(self, dag_id: str, run_ids: list[str]) -> dict[str, Mapping[str, str]]:
        """Return how the tasks of this run ended; Airflow's supervisor would read them from its database."""
        return {self.run_id: self.states} if (dag_id, run_ids) == (self.dag_id, [self.run_id]) else {}


def context(
    dag_id: str = "loans.train",
    *,
    run_id: str = "manual__1",
    task_id: str = "task",
    user: str | None = None,
    interval_end: datetime | None = None,
    params: Mapping[str, Any] | None = None,
    events: Mapping[Asset, list[Mapping[str, Any]]] | None = None,
    states: Mapping[str, str] | None = None,
    conf: Mapping[str, Any] | None = None,
    run_type: str = "manual",
    **more: Any,
) -> Any:
    """Return what Airflow gives a task to run with."""
    started = {asset: [AssetEvent(extra) for extra in extras] for asset, extras in (events or {}).items()}
    return {
        "dag_run": DagRun(dag_id, run_id, user, interval_end, run_type=run_type, conf=conf),
        "ti": TaskInstance(dag_id, run_id, task_id, states=states or {}),
        "params": params or {},
        "triggering_asset_events": started,
        "outlet_events": OutletEventAccessors(),
        **more,
    }
