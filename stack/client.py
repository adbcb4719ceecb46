"""A small client of Airflow's REST API, for the demo and the tests: everything a person does in the UI."""

import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx

from stack.airflow_records import AssetEvent, ImportFailure, Question, Run, Task
from stack.secrets import read_passwords
from stack.settings import Settings
from stack.waiting import wait_until

#: An answer within about a second of the task's parking fails the task: the executor's report that the task
#: left its process is still on its way then ("executor reported success, but the task instance is queued").
SETTLING = 3.0


class AirflowError(Exception):
    """Airflow refused a request; the message is the server's own."""


class AirflowClient:
    """Airflow, as one of its users sees it."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.url, self.user = url, user
        # No connection is kept: one from before a restart of the stack would fail the next call.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._http = httpx.Client(base_url=url, timeout=60, trust_env=False, limits=limits)
        token = self._send("POST", "/auth/token", {"username": user, "password": password})["access_token"]
        self._http.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, body: object = None, **query: Any) -> Any:
        """Send any request to `/api/v2` and return its JSON.

        Raises
        ------
        AirflowError
            When the server refuses; the message names the request and gives the server's reason.
        """
        return self._send(method, f"/api/v2{path}", body, query)

    def dag_ids(self) -> tuple[str, ...]:
        """Return the name of every Dag that Airflow has read."""
        return tuple(dag["dag_id"] for dag in self.call("GET", "/dags", limit=100)["dags"])

    def unpause(self, dag_id: str) -> None:
        """Let a Dag run."""
        self.call("PATCH", f"/dags/{_part(dag_id)}", {"is_paused": False})

    def import_errors(self) -> tuple[ImportFailure, ...]:
        """Return the Dag files that could not be read."""
        found = self.call("GET", "/importErrors", limit=100)["import_errors"]
        return tuple(ImportFailure(error["filename"], error["stack_trace"]) for error in found)

    def trigger(
        self,
        dag_id: str,
        *,
        conf: dict[str, Any] | None = None,
        logical_date: datetime | None = None,
        run_id: str | None = None,
    ) -> Run:
        """Start a run of a Dag; a `logical_date` gives it the data interval that ends there."""
        body = {"conf": conf or {}, "logical_date": logical_date.isoformat() if logical_date else None}
        if run_id:
            body["dag_run_id"] = run_id
        return Run.of(self.call("POST", f"/dags/{_part(dag_id)}/dagRuns", body))

    def backfill(self, dag_id: str, first: datetime, last: datetime, *, again: bool = False) -> None:
        """Run a Dag for every interval of its schedule in a time; `again` repeats those that ran.

        Airflow takes one backfill of a Dag at a time, and calls the one before completed up to half a minute
        after its last run has ended: this waits for that.
        """

        def free() -> bool:
            found = self.call("GET", "/backfills", dag_id=dag_id, limit=100)["backfills"]
            return all(backfill["completed_at"] for backfill in found)

        wait_until(free, what=f"the backfill of {dag_id} before", timeout=120)
        body = {
            "dag_id": dag_id,
            "from_date": first.isoformat(),
            "to_date": last.isoformat(),
            "reprocess_behavior": "completed" if again else "none",
            "max_active_runs": 1,
        }
        self.call("POST", "/backfills", body)

    def wait_for_backfill(
        self, dag_id: str, first: datetime, last: datetime, *, timeout: float
    ) -> tuple[Run, ...]:
        """Wait until every run in a time has ended, and return them in order."""
        path = f"/dags/{_part(dag_id)}/dagRuns"
        inside = {"logical_date_gte": first.isoformat(), "logical_date_lte": last.isoformat()}

        def look() -> tuple[Run, ...] | None:
            found = self.call("GET", path, order_by="logical_date", limit=100, **inside)["dag_runs"]
            runs = tuple(Run.of(run) for run in found)
            return runs if all(run.ended for run in runs) else None

        return wait_until(look, what=f"{dag_id} from {first} to {last}", timeout=timeout)

    def run(self, dag_id: str, run_id: str) -> Run:
        """Return one run."""
        return Run.of(self.call("GET", _run_path(dag_id, run_id)))

    def runs(self, dag_id: str, limit: int = 20) -> tuple[Run, ...]:
        """Return a Dag's runs, the latest first."""
        found = self.call("GET", f"/dags/{_part(dag_id)}/dagRuns", order_by="-run_after", limit=limit)
        return tuple(Run.of(run) for run in found["dag_runs"])

    def wait_for_run(
        self, run: Run, *, timeout: float, progress: Callable[[tuple[Task, ...]], None] | None = None
    ) -> Run:
        """Wait until a run has ended, showing its tasks to `progress` at each look; return it as it ended."""

        def look() -> Run | None:
            if progress:
                progress(self.tasks(run))
            now = self.run(run.dag_id, run.run_id)
            return now if now.ended else None

        return wait_until(look, what=f"{run.dag_id} {run.run_id} to end", timeout=timeout)

    def tasks(self, run: Run) -> tuple[Task, ...]:
        """Return the task instances of a run."""
        found = self.call("GET", f"{_run_path(run.dag_id, run.run_id)}/taskInstances", limit=100)
        return tuple(Task.of(task) for task in found["task_instances"])

    def task(self, run: Run, task_id: str, map_index: int = -1) -> Task:
        """Return one task instance of a run.

        Raises
        ------
        AirflowError
            When the run has no such task.
        """
        for task in self.tasks(run):
            if (task.task_id, task.map_index) == (task_id, map_index):
                return task
        raise AirflowError(f"{run.dag_id} {run.run_id} has no task {task_id}[{map_index}].")

    def log(self, task: Task, try_number: int | None = None) -> str:
        """Return what a task has logged in its latest try, or in the one given."""
        path = f"{_run_path(task.dag_id, task.run_id)}/taskInstances/{_part(task.task_id)}/logs/"
        answer = self._http.get(
            f"/api/v2{path}{try_number or task.try_number}",
            params={"map_index": task.map_index, "full_content": True},
            headers={"Accept": "application/x-ndjson"},
        )
        if answer.is_error:
            raise AirflowError(_refusal("GET", path, answer))
        return "\n".join(_log_line(json.loads(line)) for line in answer.text.splitlines() if line)

    def questions(
        self, dag_id: str = "~", run_id: str = "~", *, answered: bool = False
    ) -> tuple[Question, ...]:
        """Return what waits for a person's answer (or was answered), of one run, one Dag or all."""
        query: dict[str, Any] = {"response_received": answered, "limit": 100}
        if not answered:
            query["state"] = "awaiting_input"
        found = self.call("GET", f"{_run_path(dag_id, run_id)}/hitlDetails", **query)
        return tuple(Question.of(question) for question in found["hitl_details"])

    def answer(self, question: Question, option: str, params: dict[str, Any] | None = None) -> None:
        """Answer a question with one of its options, once its task has surely settled down to wait."""
        task = question.task
        path = f"{_run_path(task.dag_id, task.run_id)}/taskInstances/{_part(task.task_id)}/{task.map_index}"
        waits = lambda: self.call("GET", path)["state"] == "awaiting_input"  # noqa: E731
        wait_until(waits, what=f"{task.label} to wait for an answer", timeout=60, every=0.5)
        time.sleep(SETTLING)
        body = {"chosen_options": [option], "params_input": params or {}}
        self.call("PATCH", f"{path}/hitlDetails", body)

    def asset_events(self, uri: str, limit: int = 20) -> tuple[AssetEvent, ...]:
        """Return an asset's updates, the latest first."""
        found = self.call("GET", "/assets/events", order_by="-timestamp", limit=100)["asset_events"]
        return tuple(event for event in map(AssetEvent.of, found) if event.uri == uri)[:limit]

    def _send(self, method: str, path: str, body: object = None, query: dict[str, Any] | None = None) -> Any:
        try:
            answer = self._http.request(method, path, json=body, params=query)
        except httpx.HTTPError as error:
            raise AirflowError(
                f"{method} {self.url}{path}: {error}. Is the stack up? make status tells."
            ) from None
        if answer.is_error:
            raise AirflowError(_refusal(method, path, answer))
        return answer.json() if answer.content else None


def connect(settings: Settings, user: str) -> AirflowClient:
    """Log in to this installation's Airflow as one of its users."""
    return AirflowClient(settings.airflow_url, user, read_passwords(settings.home)[user])


def _log_line(entry: dict[str, Any]) -> str:
    errors = [f"{error['exc_type']}: {error['exc_value']}" for error in entry.get("error_detail") or ()]
    return "\n".join([str(entry.get("event", entry)), *errors])


def _run_path(dag_id: str, run_id: str) -> str:
    return f"/dags/{_part(dag_id)}/dagRuns/{_part(run_id)}"


def _part(name: str) -> str:
    return quote(name, safe="~")


def _refusal(method: str, path: str, answer: httpx.Response) -> str:
    try:
        detail = answer.json().get("detail", answer.text)
    except ValueError:
        detail = answer.text
    reason = detail if isinstance(detail, str) else json.dumps(detail)
    return f"{method} {path} was refused with {answer.status_code}: {reason[:500]}"
