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

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value


def context(
    dag_id: str = "loans.train",
    *,
    run_id: str = "manual__1",
    task_id: str = "task",
    user: str | None = None,
    interval_end: datetime | None = None,
    params: Mapping[str, Any] | None = None,
    events: Mapping[Asset, list[Mapping[str, Any]]] | None = None,
    **more: Any,
) -> Any:
    """Return what Airflow gives a task to run with."""
    started = {asset: [AssetEvent(extra) for extra in extras] for asset, extras in (events or {}).items()}
    return {
        "dag_run": DagRun(dag_id, run_id, user, interval_end),
        "ti": TaskInstance(dag_id, run_id, task_id),
        "params": params or {},
        "triggering_asset_events": started,
        "outlet_events": OutletEventAccessors(),
        **more,
    }
