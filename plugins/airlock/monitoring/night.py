"""Judging a night: from what was measured to what a person must know."""

from airlock.monitoring.finding import Finding
from airlock.monitoring.judging import drifts, estimates, fairness, indicators, inputs, outcomes, service
from airlock.monitoring.measures import Measures
from airlock.spec import ModelSpec


def judge(spec: ModelSpec, measures: Measures) -> tuple[Finding, ...]:
    """Hold a night's measures against the spec's limits, its tier's policy applied.

    What was due and is not there is a finding as well. Outcomes that are late are none: their night is judged
    when they have arrived.
    """
    return (
        *inputs.judge(spec, measures),
        *drifts.judge(spec, measures.drifts),
        *outcomes.judge(spec, measures.performance),
        *estimates.judge(spec, measures.estimates),
        *fairness.judge(spec, measures.fairness),
        *indicators.judge(spec, measures.indicators),
        *service.judge(spec, measures.service),
    )
