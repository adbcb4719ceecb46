"""Release: how long production takes to answer by a new version, and by the old one again, under load.

eval "$(make env)" && python -m bench.studies.release [MODEL]

Needs a stack that runs (make up), a MODEL of way `full` (tumour_diagnosis where none is named) with a
champion, and a newer candidate whose release waits for its people: give MODEL another training.seed, trigger
MODEL.train, and wait for the question. It answers for the people, and rolls the new version back at the end.
Four threads ask the scoring API twenty times a second meanwhile; every answer is counted.
"""

import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from airlock.governance import deployments, releases
from airlock.governance.engine import connect as connect_database
from airlock.package.package import open_package
from airlock.settings import database_url
from airlock.settings import settings as installation
from airlock.store import open_store
from demo.people import People
from demo.progress import Progress
from stack.client import connect
from stack.settings import Settings, read_settings
from stack.waiting import wait_until

THREADS, A_SECOND = 4, 20
PATIENCE = 120.0
MOST_SECONDS = 600.0  # the load ends by itself, whatever happens


@dataclass
class Load:
    """Twenty questions a second, and who answered when."""

    url: str
    features: list[dict[str, Any]]
    answers: list[tuple[float, int]] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Ask until the block ends."""
        threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.over.set()
            for thread in threads:
                thread.join()

    def first_by(self, version: int, since: float) -> float:
        """Return when a version answered first after a moment, waiting for it."""

        def found() -> float | None:
            return next((at for at, by in sorted(self.answers) if by == version and at >= since), None)

        return wait_until(found, what=f"an answer by version {version}", timeout=PATIENCE, every=0.05)

    def _ask(self) -> None:
        rows = [{"features": features} for features in self.features]
        ends = time.time() + MOST_SECONDS
        with httpx.Client(timeout=30, trust_env=False) as client:
            while not self.over.wait(THREADS / A_SECOND) and time.time() < ends:
                try:
                    answer = client.post(self.url, json={"rows": rows}).raise_for_status().json()
                    self.answers.append((time.time(), answer["version"]))
                except httpx.HTTPError as error:
                    self.lost.append(f"{type(error).__name__}: {error}")


def main() -> None:
    """Release under load, roll back under load, and print what it took."""
    model = sys.argv[1] if len(sys.argv) > 1 else "tumour_diagnosis"
    settings = read_settings()
    people = People(settings, Progress())
    url = f"{settings.scoring_url}/v1/models/{model}"
    serving = httpx.get(url, trust_env=False).raise_for_status().json()
    package = open_package(open_store(installation()), serving["package_digest"])
    load = Load(f"{url}/predict", [example["features"] for example in package.examples()])
    with load.running():
        version = _release(people, load, model, serving["version"])
        _roll_back(settings, load, model, serving["version"])
    by = Counter(version for _, version in load.answers)
    wrong = sum(count for number, count in by.items() if number not in (serving["version"], version))
    print(f"{len(load.answers)} requests of {len(load.features)} rows were answered, by version: {dict(by)}.")
    print(f"{len(load.lost)} were lost, and {wrong} were answered by another version.")
    print(*load.lost[:5], sep="\n")


def _release(people: People, load: Load, model: str, serves: int) -> int:
    """Answer the newest open release for its people, and print how long the new version took to answer."""
    questions = people.dana.questions(f"{model}.release")
    if not questions:
        raise SystemExit(f"No release of {model} waits for an answer: trigger {model}.train first.")
    run = people.dana.run(f"{model}.release", questions[-1].task.run_id)
    asked = sum(task.task_id.startswith("approve_") for task in people.dana.tasks(run))
    for approver in people.approvers[:asked]:
        look = lambda: next(iter(people.dana.questions(run.dag_id, run.run_id)), None)  # noqa: E731
        approver.answer(
            wait_until(look, what="the question", timeout=PATIENCE), "Approve", {"reason": "a study"}
        )
        answered = time.time()
    with connect_database(database_url()).connect() as conn:
        look_up = lambda: _newer(conn, model, serves)  # noqa: E731
        champion = wait_until(look_up, what="the deployment", timeout=PATIENCE, every=0.05)
        release = releases.find(conn, champion.release_id)
    assert release is not None and release.decided_at is not None
    first = load.first_by(champion.version, since=0)
    _tell("release", "the last answer", first - answered)
    _tell("release", "the decision's record", first - release.decided_at.timestamp())
    _tell("release", "the deployment's record", first - champion.deployed_at.timestamp())
    people.dana.wait_for_run(run, timeout=PATIENCE)
    return champion.version


def _newer(conn: Any, model: str, than: int) -> deployments.Deployment | None:
    champion = deployments.champion(conn, model)
    conn.rollback()  # the next look shall see what is recorded then
    return champion if champion is not None and champion.version != than else None


def _roll_back(settings: Settings, load: Load, model: str, to: int) -> None:
    """Let omar roll back, and print how long the old version took to answer again."""
    omar = connect(settings, "omar")
    triggered = time.time()
    run = omar.trigger("rollback", conf={"model": model, "reason": "the study is over"})
    ended = omar.wait_for_run(run, timeout=PATIENCE)
    with connect_database(database_url()).connect() as conn:
        champion = deployments.champion(conn, model)
    assert champion is not None
    first = load.first_by(to, since=champion.deployed_at.timestamp())
    _tell("rollback", "the trigger", first - triggered)
    _tell("rollback", "the deployment's record", first - champion.deployed_at.timestamp())
    print(f"rollback: the run ended as {ended.state}")


def _tell(what: str, since: str, seconds: float) -> None:
    print(f"{what}: {seconds:5.1f} s from {since} to the first answer", flush=True)


if __name__ == "__main__":
    main()
