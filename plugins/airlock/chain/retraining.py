"""What happens after a night that crossed limits: who is told what, and whether to train again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.engine import Connection, Engine

from airlock.chain import night_incidents
from airlock.chain.earlier_training import Objection, against_another
from airlock.chain.recorded_cause import recorded_cause
from airlock.governance import candidates, deployments, nights, training_requests
from airlock.governance.engine import lock
from airlock.governance.nights import Night
from airlock.governance.training_requests import TrainingRequest
from airlock.monitoring.finding import Finding, asking_for_retraining
from airlock.package.package import open_package
from airlock.spec import ModelSpec
from airlock.spec.durations import spell_duration
from airlock.spec.training import REFIT, SEARCH
from airlock.store import Store
from airlock.training.errors import RefitError
from airlock.training.refit import refit_of

DAY = timedelta(days=1)
MONTH = 30 * DAY
#: Why no training starts by itself where triage proposes something else.
UNCURED = {
    "mend": "a model must not learn from faulty data.",
    "nothing": "there is nothing to be learned anew.",
    "ask": "a person is asked what to do, in Airflow under Required Actions.",
}
#: A finding that stays away for longer has begun anew when it comes back.
PAUSE = 7 * DAY


@dataclass(frozen=True)
class Retraining:
    """Whether a night may start a training: the cause when it may, the reason when it may not.

    `mode` and `plan` are those of the training; `findings` the keys of what it is to cure. `broken_by` is the
    earlier request that has not helped, where no other training starts because of it.
    """

    cause: str | None
    refused_because: str | None
    mode: str | None = None
    plan: str = ""
    findings: tuple[str, ...] = ()
    broken_by: str | None = None

    @property
    def sentence(self) -> str:
        """What happens next by itself, for the alert."""
        if self.cause:
            passing = "What it makes still has to pass the gates and be approved."
            return f"A new training starts by itself. {self.plan} {passing}"
        return f"No training starts by itself: {self.refused_because}"


def findings_of(night: Night) -> list[Finding]:
    """Return what was found in a recorded night."""
    return [Finding(**finding) for finding in night.findings]


def retraining(spec: ModelSpec, night: Night, *, run_id: str, engine: Engine, store: Store) -> Retraining:
    """Decide whether a night may start a training; `run_id` is the run of the monitor that wants to ask."""
    with engine.connect() as connection:
        return _decided(connection, spec, night, run_id, store)


def ask_for_training(
    spec: ModelSpec, night: Night, *, run_id: str, by: str, engine: Engine, store: Store, at: datetime
) -> Retraining:
    """Decide whether a night may start a training and, where it may, record that it has asked for one.

    Nights that run at once wait for each other. `by` started the run that asks.
    """
    with engine.begin() as connection:
        lock(connection, f"training of {spec.name}")
        decided = _decided(connection, spec, night, run_id, store)
        if decided.cause:
            training_requests.record(
                connection,
                spec.name,
                night.night,
                run_id,
                by=by,
                cause=decided.cause,
                mode=str(decided.mode),
                findings=decided.findings,
                at=at,
            )
    return decided


def _decided(conn: Connection, spec: ModelSpec, night: Night, run_id: str, store: Store) -> Retraining:
    found = findings_of(night)
    curable = tuple(one for one in asking_for_retraining(found) if not _about_another(conn, spec, night, one))
    if refused := next(_obstacles(conn, spec, night, run_id, found, curable), None):
        return Retraining(None, refused.sentence, broken_by=refused.broken_by)
    if own := _own(conn, spec, run_id):
        return Retraining(own.cause, None, own.mode, "The night has asked for it.", own.findings)
    mode, plan = _plan(conn, spec, curable, store)
    sentences = " ".join(finding.sentence for finding in curable)
    cause = f"The night of {night.night} crossed limits: {sentences} {plan}"
    return Retraining(cause, None, mode, plan, tuple(finding.key for finding in curable))


def _obstacles(
    conn: Connection,
    spec: ModelSpec,
    night: Night,
    run_id: str,
    found: Sequence[Finding],
    curable: Sequence[Finding],
) -> Iterator[Objection]:
    """Yield what speaks against a training, the most telling first."""
    if fault := next((finding for finding in found if finding.fault), None):
        blocking = night_incidents.blocking(conn, night)
        until = f" Incident {blocking.id} blocks it." if blocking else ""
        yield Objection(f"a model must not learn from faulty data. {fault.sentence}{until}")
    elif (cause := recorded_cause(night)) and cause.proposes in UNCURED:
        blocking = night_incidents.blocking(conn, night)
        until = f" Incident {blocking.id} blocks it." if blocking else ""
        yield Objection(f"{UNCURED[cause.proposes]} {cause.sentence}{until}")
    if not asking_for_retraining(found):
        yield Objection("what was found is nothing that a training cures.")
    if not curable:
        yield Objection(
            f"what was found is about answers that were given before version {night.version} answered."
        )
    if not spec.monitoring.retraining.automatic:
        yield Objection("the spec leaves it to a person (monitoring.retraining.automatic).")
    if (newest := nights.newest(conn, spec.name)) and newest > night.night:
        yield Objection(
            f"only the newest night may ask for one, and the night of {newest} was watched since."
        )
    yield from _too_often(conn, spec, night, run_id, curable)
    if (starts := _starts(conn, spec, night, curable)) > night.night + DAY:
        yield Objection(_waits(spec, starts))


def _too_often(
    conn: Connection, spec: ModelSpec, night: Night, run_id: str, curable: Sequence[Finding]
) -> Iterator[Objection]:
    """Yield what earlier requests say against another; a run that was killed may ask for the same again."""
    rule, keys = spec.monitoring.retraining, [finding.key for finding in curable]
    if (own := _own(conn, spec, run_id)) and candidates.find_caused(conn, spec.name, own.cause):
        yield Objection("the training that this run asked for has been made.")
    asked = [request for request in training_requests.requests(conn, spec.name) if request != own]
    if not asked:
        return
    last = asked[-1]
    if last.night == night.night or night.night - last.night < rule.cooldown:
        cooldown = spell_duration(rule.cooldown)
        yield Objection(f"the night of {last.night} asked for one, within the cooldown of {cooldown}.")
    if against := against_another(conn, spec, night, last, keys):
        yield against
    month = [request for request in asked if night.night - request.night < MONTH]
    if len(month) >= rule.budget:
        yield Objection(
            f"nights have asked for {len(month)} within thirty days, which is the budget "
            "(monitoring.retraining.budget). A person may start one."
        )


def _own(conn: Connection, spec: ModelSpec, run_id: str) -> TrainingRequest | None:
    """Return what a run of the monitor has asked for already."""
    run = f"{spec.name}.monitor/{run_id}"
    return next((one for one in training_requests.requests(conn, spec.name) if one.run == run), None)


def _about_another(conn: Connection, spec: ModelSpec, night: Night, finding: Finding) -> bool:
    """Say whether a finding is about outcomes of answers that another version gave, which serves no more."""
    judged = spec.monitoring.performance
    if finding.kind != "performance" or judged is None:
        return False
    until = _midnight(night.night + DAY) - spec.data.outcome_delay
    first, last = (until - judged.window).date(), (until - timedelta(microseconds=1)).date()
    answered = nights.answered_most(conn, spec.name, first, last)
    return answered is not None and answered != night.version


def _starts(conn: Connection, spec: ModelSpec, night: Night, curable: Sequence[Finding]) -> date:
    """Return the first day on which a training can know enough of what was found."""
    history, delay = spec.retraining_history, spec.data.outcome_delay
    if history is None or spec.data.event_time is None or not spec.monitoring.retraining.fresh:
        return night.night
    began = min(_began(conn, spec, night, finding) for finding in curable)
    known = began + spec.monitoring.retraining.fresh * history + delay
    return known.date() if known == _midnight(known.date()) else known.date() + DAY


def _began(conn: Connection, spec: ModelSpec, night: Night, finding: Finding) -> datetime:
    """Return from when on the rows are as the finding says: outcomes are about events of long ago."""
    since = _midnight(nights.breached_since(conn, spec.name, finding, night.night, gap=PAUSE))
    judged = spec.monitoring.performance
    if finding.kind != "performance" or judged is None:
        return since
    return since + DAY - spec.data.outcome_delay - judged.window


def _waits(spec: ModelSpec, starts: date) -> str:
    rule, history = spec.monitoring.retraining, spec.retraining_history
    assert history is not None  # a training of all there is waits for nothing
    delay = spec.data.outcome_delay
    late = f", and outcomes take {spell_duration(delay)} to arrive" if delay else ""
    return (
        f"it could not learn yet what was found. A training would start on {starts}, if it is still found "
        f"then: {rule.fresh * 100:g} % of the {spell_duration(history)} that it reads must lie after it "
        f"began{late}. A person may start one before."
    )


def _plan(conn: Connection, spec: ModelSpec, curable: Sequence[Finding], store: Store) -> tuple[str, str]:
    """Return the mode of a training and, as a sentence, why it is that one."""
    if any(finding.kind == "performance" for finding in curable):
        return SEARCH, "It searches anew, because the answers were wrong more often than they may be."
    champion = deployments.champion(conn, spec.name)
    try:
        refit = refit_of(spec, open_package(store, champion.package_digest) if champion else None)
    except RefitError:
        return SEARCH, "It searches anew, because the champion cannot be fitted again as it was."
    return REFIT, f"It fits the champion, {refit.candidate}, again on newer rows, because only inputs moved."


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
