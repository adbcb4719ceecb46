"""The drill: a rollback that returns, timed in both directions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Engine

from airlock.chain.smoke import PATIENCE_SECONDS, SmokeTestFailed, smoke_test
from airlock.governance import audit_log, challengers, deployments
from airlock.governance.deployments import Deployment
from airlock.governance.records import RecordError
from airlock.governance.rollback import DRILL, left_by_a_drill, swap
from airlock.package.errors import PackageError
from airlock.package.package import Package, open_package
from airlock.store import Store, StoreError


@dataclass(frozen=True)
class Drill:
    """What a drill of one model did; seconds are from the record to the first right answer."""

    model: str
    version: int
    before: int | None = None
    there: float | None = None
    back: float | None = None
    skipped: str = ""
    problem: str = ""

    @property
    def sentence(self) -> str:
        """The drill as people read it."""
        if self.skipped:
            return f"{self.model}: skipped. {self.skipped}"
        if self.problem:
            return f"{self.model}: failed. {self.problem}"
        return (
            f"{self.model}: from version {self.version} to version {self.before} in {self.there:.1f} s, "
            f"and back in {self.back:.1f} s."
        )


@dataclass(frozen=True)
class Driller:
    """Holds drills on an installation, for one run."""

    engine: Engine
    store: Store
    scoring_url: str
    run: str
    by: str
    now: Callable[[], datetime]

    def hold(self, model: str) -> Drill:
        """Go back to the version before and return, and write it into the audit log."""
        champion = self._mended(model)
        with self.engine.connect() as conn:
            before = deployments.earlier(conn, champion)
            beside = challengers.active(conn, model)
        if beside is not None:
            return Drill(
                model, champion.version, skipped=f"Version {beside.version} runs beside the champion."
            )
        if before is None:
            return Drill(model, champion.version, skipped="There is no earlier version that can come back.")
        drill = self._held(champion, before)
        facts = {key: value for key, value in vars(drill).items() if key not in ("model", "skipped")}
        with self.engine.begin() as conn:
            audit_log.append(
                conn, "drill_held", actor=self.by, at=self.now(), model=model, run=self.run, facts=facts
            )
        return drill

    def _held(self, champion: Deployment, before: Deployment) -> Drill:
        there = back = None
        problems = []
        try:
            old, new = (open_package(self.store, one.package_digest) for one in (before, champion))
            serves = self._swap(champion, before, DRILL)
        except (PackageError, RecordError, StoreError) as error:
            return Drill(
                champion.model, champion.version, before.version, problem=f"{error} Nothing changed."
            )
        try:
            there = self._seconds(serves, old)
        except SmokeTestFailed as failure:
            problems.append(str(failure))
        finally:
            returned = self._returned(serves, champion, problems)
        if returned is not None:
            try:
                back = self._seconds(returned, new)
            except SmokeTestFailed as failure:
                problems.append(str(failure))
            problems += [f"Version {champion.version} serves again."] if problems else []
        return Drill(
            champion.model, champion.version, before.version, there, back, problem=" ".join(problems)
        )

    def _returned(self, serves: Deployment, champion: Deployment, problems: list[str]) -> Deployment | None:
        try:
            return self._swap(serves, champion, "The drill is over.")
        except RecordError as error:  # somebody has released or rolled back meanwhile, which stands
            problems.append(str(error))
            return None

    def _mended(self, model: str) -> Deployment:
        """Return what serves, after bringing back what a drill has retired that was killed."""
        with self.engine.connect() as conn:
            champion, left = deployments.champion(conn, model), left_by_a_drill(conn, model)
        if champion is None:
            raise RecordError(f"{model}: nothing serves.")
        return self._swap(champion, left, "A drill was broken off.") if left else champion

    def _swap(self, current: Deployment, other: Deployment, because: str) -> Deployment:
        with self.engine.begin() as conn:
            return swap(conn, current, other, by=self.by, because=because, at=self.now(), run=self.run)

    def _seconds(self, serves: Deployment, package: Package) -> float:
        smoke_test(self.scoring_url, package, version=serves.version, patience=PATIENCE_SECONDS)
        return round((self.now() - serves.deployed_at).total_seconds(), 2)
