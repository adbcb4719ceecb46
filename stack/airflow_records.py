"""What Airflow's API tells, in the few words the demo and the tests need."""

from dataclasses import dataclass
from typing import Any

#: States in which a run or a task is over.
RUN_ENDED = frozenset({"success", "failed"})


@dataclass(frozen=True)
class Run:
    """One run of a Dag."""

    dag_id: str
    run_id: str
    state: str
    run_type: str
    logical_date: str | None
    data_interval_end: str | None
    triggered_by: str | None
    conf: dict[str, Any]
    note: str | None

    @property
    def ended(self) -> bool:
        """Whether nothing more happens in it."""
        return self.state in RUN_ENDED

    @classmethod
    def of(cls, answer: dict[str, Any]) -> "Run":
        """Read a run from the API's answer."""
        return cls(
            dag_id=answer["dag_id"],
            run_id=answer["dag_run_id"],
            state=answer["state"],
            run_type=answer["run_type"],
            logical_date=answer["logical_date"],
            data_interval_end=answer["data_interval_end"],
            triggered_by=answer["triggering_user_name"],
            conf=answer["conf"] or {},
            note=answer["note"],
        )


@dataclass(frozen=True)
class Task:
    """One task instance of a run; `map_index` is -1 where the task is not mapped."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    state: str | None
    try_number: int
    duration: float | None
    pid: int | None
    hostname: str | None

    @property
    def label(self) -> str:
        """The task's name as people know it."""
        return self.task_id if self.map_index < 0 else f"{self.task_id}[{self.map_index}]"

    @classmethod
    def of(cls, answer: dict[str, Any]) -> "Task":
        """Read a task instance from the API's answer."""
        return cls(
            dag_id=answer["dag_id"],
            run_id=answer["dag_run_id"],
            task_id=answer["task_id"],
            map_index=answer["map_index"],
            state=answer["state"],
            try_number=answer["try_number"],
            duration=answer["duration"],
            pid=answer["pid"],
            hostname=answer["hostname"],
        )


@dataclass(frozen=True)
class Question:
    """What a person is asked by a task that waits for an answer."""

    task: Task
    subject: str
    body: str
    options: tuple[str, ...]
    params: dict[str, Any]
    assigned: tuple[str, ...]
    answered_by: str | None
    chosen: tuple[str, ...]

    @classmethod
    def of(cls, answer: dict[str, Any]) -> "Question":
        """Read a question from the API's answer."""
        responder = answer.get("responded_by_user")
        return cls(
            task=Task.of(answer["task_instance"]),
            subject=answer["subject"],
            body=answer["body"] or "",
            options=tuple(answer["options"]),
            params=answer["params"],
            assigned=tuple(user["id"] for user in answer["assigned_users"]),
            answered_by=responder["id"] if responder else None,
            chosen=tuple(answer["chosen_options"] or ()),
        )


@dataclass(frozen=True)
class AssetEvent:
    """One update of an asset, and the runs it started."""

    uri: str
    name: str
    timestamp: str
    extra: dict[str, Any]
    source_dag_id: str | None
    source_run_id: str | None
    started: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, answer: dict[str, Any]) -> "AssetEvent":
        """Read an asset event from the API's answer."""
        return cls(
            uri=answer["uri"],
            name=answer["name"],
            timestamp=answer["timestamp"],
            extra=answer["extra"] or {},
            source_dag_id=answer["source_dag_id"],
            source_run_id=answer["source_run_id"],
            started=tuple((run["dag_id"], run["run_id"]) for run in answer["created_dagruns"]),
        )


@dataclass(frozen=True)
class ImportFailure:
    """A Dag file that could not be read."""

    filename: str
    trace: str
