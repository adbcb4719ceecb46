"""What happens after a night that crossed limits: who is told what, and whether to train again."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from sqlalchemy.engine import Engine

from airlock.governance import candidates, nights
from airlock.governance.nights import Night
from airlock.mail.facts import AlertLine
from airlock.monitoring.night import Finding, asking_for_retraining
from airlock.spec import ModelSpec
from airlock.spec.durations import spell_duration


@dataclass(frozen=True)
class Retraining:
    """Whether a night may start a training: the cause when it may, the reason when it may not."""

    cause: str | None
    refused_because: str | None

    @property
    def sentence(self) -> str:
        """What happens next by itself, for the alert."""
        if self.cause:
            return (
                "A new training starts by itself; what it makes still has to pass the gates and be approved."
            )
        return f"No training starts by itself: {self.refused_because}"


def findings_since(night: Night, *, engine: Engine) -> list[AlertLine]:
    """Return the night's findings, each with the first of the nights in a row that had it."""
    with engine.connect() as connection:
        return [
            AlertLine(finding.sentence, nights.breached_since(connection, night.model, finding, night.night))
            for finding in findings_of(night)
        ]


def findings_of(night: Night) -> list[Finding]:
    """Return what was found in a recorded night."""
    return [Finding(**finding) for finding in night.findings]


def retraining(spec: ModelSpec, night: Night, *, asking: str, engine: Engine) -> Retraining:
    """Decide whether a night may start a training; `asking` names the Dag that asks, as trainings record it."""
    rule = spec.monitoring.retraining
    findings = findings_of(night)
    curable = asking_for_retraining(findings)
    if not curable:
        fault = next(
            (finding.sentence for finding in findings if finding.fault), "nothing found calls for it"
        )
        return Retraining(None, f"a training would learn a fault in the data, and there is one: {fault}")
    if not rule.automatic:
        return Retraining(None, "the spec leaves it to a person (monitoring.retraining.automatic).")
    end = datetime.combine(night.night, time(), UTC) + timedelta(days=1)
    with engine.connect() as connection:
        recent = candidates.trained_since(
            connection, spec.name, asking, since=end - rule.cooldown, before=end
        )
    if recent:
        cooldown = spell_duration(rule.cooldown)
        return Retraining(None, f"one did as of {recent.as_of:%Y-%m-%d}, within the cooldown of {cooldown}.")
    sentences = " ".join(finding.sentence for finding in curable)
    return Retraining(f"The night of {night.night} crossed limits: {sentences}", None)
