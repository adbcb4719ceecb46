"""Candidates that several tests share, because a training costs half a minute."""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from demo.people import People
from stack.airflow_records import Question, Run
from stack.waiting import wait_until
from tests.e2e.running_stack import RunningStack

ASKING = 120.0  # seconds a release may take until it asks


@dataclass(frozen=True)
class Trained:
    """A registered candidate: the run that made it and the release that this started."""

    training: Run
    release: Run
    version: int

    @property
    def model(self) -> str:
        """The model's name."""
        return self.training.dag_id.removesuffix(".train")


def registered(people: People, training: Run) -> Trained:
    """Wait until a training has registered its candidate and started the release."""
    release = people.release_of(training)
    event = next(
        event
        for event in people.dana.asset_events(f"airlock://{training.dag_id.removesuffix('.train')}/candidate")
        if event.source_run_id == training.run_id
    )
    return Trained(training, release, int(event.extra["version"]))


def asked(people: People, release: Run, but_not: Question | None = None) -> Question:
    """Wait until a release asks somebody, and return the question."""
    find = lambda: next(iter(people.dana.questions(release.dag_id, release.run_id)), None)  # noqa: E731
    return wait_until(find, what=f"{release.dag_id} {release.run_id} to ask", timeout=ASKING)


def ended(people: People, run: Run) -> dict[str, str | None]:
    """Wait until a run has ended and return the state of each of its tasks."""
    over = people.dana.wait_for_run(run, timeout=300)
    return {task.label: task.state for task in people.dana.tasks(over)}


def predict(stack: RunningStack, model: str, *rows: Mapping[str, object]) -> httpx.Response:
    """Ask production about some rows."""
    with stack.scoring() as client:
        asked = {"rows": [{"features": dict(row)} for row in rows]}
        return client.post(f"/v1/models/{model}/predict", json=asked)
