"""What the people of the demo do, each logged in to Airflow as themselves."""

from collections.abc import Iterator
from functools import cached_property

from airlock.spec.scopes import ISSUABLE
from demo.progress import Progress, require
from stack.airflow_records import Question, Run
from stack.client import AirflowClient, connect
from stack.settings import Settings
from stack.waiting import wait_until

TRAINING = 1800.0  # seconds a run of a train Dag may take; a busy machine needs many times an idle one's
RELEASE = 600.0
NIGHTS = 900.0
KEYS, KEYS_TIMEOUT = "keys", 120.0


class People:
    """Dana trains, ria and omar approve, an administrator issues keys."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self._settings, self._progress = settings, progress

    @cached_property
    def dana(self) -> AirflowClient:
        """The data scientist."""
        return connect(self._settings, "dana")

    @cached_property
    def approvers(self) -> tuple[AirflowClient, ...]:
        """The people who may answer a release."""
        return connect(self._settings, "ria"), connect(self._settings, "omar")

    @cached_property
    def admin(self) -> AirflowClient:
        """The administrator."""
        return connect(self._settings, "admin")

    def issue_key(self, client: str, fingerprint: str, reason: str) -> None:
        """Let the administrator issue a key, of which nobody in Airflow sees more than the fingerprint."""
        form = {"action": "issue", "client": client, "fingerprint": fingerprint, "scopes": list(ISSUABLE)}
        wait_until(lambda: KEYS in self.admin.dag_ids(), what=f"Airflow to read {KEYS}", timeout=120)
        run = self.admin.trigger(KEYS, conf={**form, "reason": reason})
        ended = self.admin.wait_for_run(run, timeout=KEYS_TIMEOUT)
        require(ended.state == "success", f"The key of {client} was not issued: {run.run_id} {ended.state}.")
        self._progress.say(f"admin issued a key to {client}, by its fingerprint {fingerprint[:12]}")

    def train(self, model: str, reason: str, as_of: str | None = None) -> Run:
        """Let dana start a training."""
        dag_id = f"{model}.train"
        wait_until(lambda: dag_id in self.dana.dag_ids(), what=f"Airflow to read {dag_id}", timeout=120)
        run = self.dana.trigger(dag_id, conf={"reason": reason, **({"as_of": as_of} if as_of else {})})
        self._progress.say(f"dana started {dag_id}: {reason}")
        return run

    def release_of(self, training: Run) -> Run:
        """Wait until a training has registered its candidate, and return the release that this started."""
        model = training.dag_id.removesuffix(".train")
        ended = self.dana.wait_for_run(training, timeout=TRAINING, progress=self._show(training))
        states = {task.task_id: task.state for task in self.dana.tasks(ended)}
        require(states.get("register") == "success", f"{training.dag_id} registered no candidate: {states}")
        return wait_until(
            lambda: self._started(f"airlock://{model}/candidate", training),
            what=f"the release of what {training.dag_id} registered",
            timeout=60,
        )

    def approve(self, release: Run, reasons: tuple[str, ...]) -> None:
        """Let the approvers answer one after the other, each with a reason, and wait for the deployment."""
        for approver, reason in zip(self.approvers, reasons, strict=False):
            question = wait_until(
                lambda: next(iter(self._open(release)), None), what=f"{release.dag_id} to ask", timeout=120
            )
            self._progress.say(f"{approver.user} is asked: {question.subject}")
            approver.answer(question, "Approve", {"reason": reason})
            self._progress.say(f"{approver.user} approves: {reason}")
            self._wait_until_taken(question, release)
        ended = self.dana.wait_for_run(release, timeout=RELEASE, progress=self._show(release))
        states = {task.task_id: task.state for task in self.dana.tasks(ended)}
        require(states.get("announce") == "success", f"{release.dag_id} deployed nothing: {states}")

    def retraining(self, model: str, night_run: Run) -> Run:
        """Wait for the training that a night asked for."""
        return wait_until(
            lambda: self._started(f"airlock://{model}/retrain", night_run),
            what=f"the training that {night_run.dag_id} asked for",
            timeout=60,
        )

    def _wait_until_taken(self, question: Question, release: Run) -> None:
        wait_until(lambda: question not in self._open(release), what="the answer to be taken", timeout=60)

    def _open(self, release: Run) -> tuple[Question, ...]:
        return self.dana.questions(release.dag_id, release.run_id)

    def _started(self, uri: str, source: Run) -> Run | None:
        for event in self.dana.asset_events(uri):
            if (event.source_dag_id, event.source_run_id) == (source.dag_id, source.run_id):
                return next((self.dana.run(*started) for started in event.started), None)
        return None

    def _show(self, run: Run) -> "Show":
        return Show(run, self._progress)


class Show:
    """Says when the tasks of a run end."""

    def __init__(self, run: Run, progress: Progress) -> None:
        self._run, self._progress = run, progress
        self._seen: set[tuple[str, str]] = set()

    def __call__(self, tasks: tuple) -> None:
        for line in self._news(tasks):
            self._progress.say(line)

    def _news(self, tasks: tuple) -> Iterator[str]:
        for task in tasks:
            known = (task.label, task.state)
            if task.state in ("success", "failed", "up_for_retry") and known not in self._seen:
                self._seen.add(known)
                yield f"{self._run.dag_id}: {task.label} {task.state} ({task.duration or 0:.0f} s)"
