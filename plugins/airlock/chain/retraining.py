"""What happens after a night that crossed limits: who is told what, and whether to train again."""

from dataclasses import dataclass

from sqlalchemy.engine import Engine

from airlock.governance import nights
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


def retraining(spec: ModelSpec, night: Night, *, run_id: str, engine: Engine) -> Retraining:
    """Decide whether a night may start a training; `run_id` is the run of the monitor that wants to ask."""
    rule = spec.monitoring.retraining
    findings = findings_of(night)
    curable = asking_for_retraining(findings)
    if fault := next((finding for finding in findings if finding.fault), None):
        return Retraining(None, f"a model must not learn from faulty data. {fault.sentence}")
    if not curable:
        return Retraining(None, "what was found is nothing that a training cures.")
    if not rule.automatic:
        return Retraining(None, "the spec leaves it to a person (monitoring.retraining.automatic).")
    with engine.connect() as connection:
        asked = nights.asked_for_training(connection, spec.name, night.night - rule.cooldown, night.night)
    if others := [day for day, run in asked if run != run_id]:
        cooldown = spell_duration(rule.cooldown)
        return Retraining(
            None, f"the night of {others[-1]} asked for one, within the cooldown of {cooldown}."
        )
    sentences = " ".join(finding.sentence for finding in curable)
    return Retraining(f"The night of {night.night} crossed limits: {sentences}", None)
