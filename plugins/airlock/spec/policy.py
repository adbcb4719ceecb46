"""Policies: what the organisation demands per risk tier. A model's spec may only tighten it."""

from collections.abc import Iterator
from enum import StrEnum

from pydantic import Field, field_validator

from airlock.spec.base import Section
from airlock.spec.deployment import Way
from airlock.spec.durations import Duration, PositiveDuration, spell_duration
from airlock.spec.errors import Problem
from airlock.spec.fairness_floor import FairnessFloor, fairness_problems, watched_under
from airlock.spec.floors import limit_problems, with_floors
from airlock.spec.governance import Limit
from airlock.spec.impact import IMPACT_FILE, Impact
from airlock.spec.metrics import MEASURES, Task
from airlock.spec.model import ModelSpec


class Tier(StrEnum):
    """How much harm a wrong model can do."""

    MINIMAL = "minimal"
    LIMITED = "limited"
    HIGH = "high"


class InspectionFloor(Section):
    """How far a model's own bounds on its data may be loosened; without a key as far as anybody likes."""

    representation: float | None = Field(None, ge=0, le=1, description="at least this")
    rarest_class: float | None = Field(None, ge=0, lt=1, description="at least this")
    label_rate_difference: float | None = Field(None, gt=0, le=1, description="at most this")
    duplicates: float | None = Field(None, ge=0, le=1, description="at most this")


class Policy(Section):
    """The floor under every model of one tier."""

    people: int = Field(ge=0, description="how many distinct people must approve, at least")
    approval_timeout: Duration = Field(description="how long an approval may stay open, at most")
    candidate_age: PositiveDuration = Field(
        "90d",
        validate_default=True,
        description="how long after its registration a candidate may still go into production",
    )
    champion_tolerance: float = Field(
        ge=0, description="how much worse than the champion is let through, at most"
    )
    champion_confidence: float = Field(
        0.5,
        ge=0.5,
        lt=1,
        description="how sure one must be of that, at least: the share of bootstrap samples",
    )
    catalogue: bool = Field(False, description="whether the data must come from an entry of the catalogue")
    impact: tuple[str, ...] = Field(
        (), description="what the model's impact.yaml must say before its first training; keys of that file"
    )
    decision: bool = Field(
        False, description="whether a binary model must say what yes means for a person, in its decision"
    )
    inspection: InspectionFloor = Field(
        InspectionFloor(), description="the floor under the keys of the same names in data.inspection"
    )
    quarantine_share: float = Field(
        0.05, ge=0, lt=1, description="the share of rows that may be set aside, at most"
    )
    ways: tuple[Way, ...] = Field(
        (), description="by which ways an approved version may come in where one serves; absent: by any"
    )
    retention_at_least: PositiveDuration | None = Field(
        None, description="how long answers must be kept; absent: as long as the spec likes"
    )
    retention_at_most: PositiveDuration | None = Field(
        None, description="how long answers may be kept; absent: as long as the spec likes"
    )
    automatic_retraining: bool = Field(description="whether a night may start a training by itself")
    retraining_budget: int = Field(
        4, ge=1, description="how many trainings nights may start by themselves in thirty days, at most"
    )
    drift_psi: float = Field(gt=0, description="the population stability index that alerts, at most")
    drift_share: float = Field(
        0.5, ge=0, lt=1, description="the share of drifted features above which all of them alert, at most"
    )
    drift_rows: int = Field(
        200, ge=20, description="how many rows a night must have before it can alert of drift, at most"
    )
    fairness: FairnessFloor | None = Field(
        None,
        description="how protected groups are compared in production, at least, where the disparities among "
        "`limits` hold as well; absent: as the spec likes",
    )
    limits: dict[Task, tuple[Limit, ...]] = Field(
        {}, description="for each task the bounds every model of the tier must reach"
    )

    @field_validator("impact")
    @classmethod
    def _keys_of_the_form(cls, keys: tuple[str, ...]) -> tuple[str, ...]:
        for key in keys:
            if key not in Impact.model_fields:
                known = ", ".join(Impact.model_fields)
                raise ValueError(f"{key!r} is no key of {IMPACT_FILE}. Known keys: {known}.")
        return keys


def problems_under(policy: Policy, spec: ModelSpec) -> tuple[Problem, ...]:
    """Return every place where a spec asks for less than its tier's policy."""
    tier = f"The policy of the tier {spec.risk_tier}"
    floors = policy.limits.get(spec.task, ())
    found = [*limit_problems(spec.gates.limits, floors, key="gates.limits", tier=tier)]
    if spec.approval.people < policy.people:
        cure = f"Write {policy.people} or more."
        found.append(Problem("approval.people", f"{tier} asks for at least {policy.people}.", cure))
    if spec.monitoring.retraining.automatic and not policy.automatic_retraining:
        found.append(
            Problem("monitoring.retraining.automatic", f"{tier} wants a person to decide.", "Write false.")
        )
    if spec.approval.timeout > policy.approval_timeout:
        longest = spell_duration(policy.approval_timeout)
        found.append(
            Problem("approval.timeout", f"{tier} allows at most {longest}.", f"Write {longest} or less.")
        )
    if spec.gates.champion.confidence < policy.champion_confidence:
        least = policy.champion_confidence
        found.append(
            Problem(
                "gates.champion.confidence", f"{tier} asks for at least {least}.", f"Write {least} or more."
            )
        )
    if policy.ways and spec.deployment.way not in policy.ways:
        wrong = f"{tier} does not allow {spec.deployment.way}."
        found.append(Problem("deployment.way", wrong, f"Write {' or '.join(policy.ways)}."))
    if policy.catalogue and spec.data.catalogue is None:
        cure = "Add source and purpose; include/catalogue holds the entries."
        found.append(Problem("data.catalogue", f"{tier} wants data from the catalogue.", cure))
    if policy.decision and spec.task is Task.BINARY and spec.decision is None:
        found.append(
            Problem("decision", f"{tier} wants to know what yes means for a person.", "Add yes_means.")
        )
    found += _inspection_problems(policy, spec, tier)
    found += _retention_problems(policy, spec, tier)
    found += fairness_problems(policy.fairness, policy.limits.get(spec.task, ()), spec, tier)
    ceilings = {
        "data.quarantine.share": (spec.data.quarantine.share, policy.quarantine_share),
        "gates.champion.tolerance": (spec.gates.champion.tolerance, policy.champion_tolerance),
        "monitoring.retraining.budget": (spec.monitoring.retraining.budget, policy.retraining_budget),
        "monitoring.drift.psi": (spec.monitoring.drift.psi, policy.drift_psi),
        "monitoring.drift.prediction_psi": (spec.monitoring.drift.prediction_psi, policy.drift_psi),
        "monitoring.drift.share": (spec.monitoring.drift.share, policy.drift_share),
        "monitoring.drift.minimum_rows": (spec.monitoring.drift.minimum_rows, policy.drift_rows),
    }
    for key, (value, most) in ceilings.items():
        if value > most:
            found.append(Problem(key, f"{tier} allows at most {most}.", f"Write {most} or less."))
    return tuple(found)


def _retention_problems(policy: Policy, spec: ModelSpec, tier: str) -> Iterator[Problem]:
    kept, least, most = spec.data.retention, policy.retention_at_least, policy.retention_at_most
    if least is not None and kept is not None and kept < least:
        yield Problem(
            "data.retention",
            f"{tier} wants answers kept at least {spell_duration(least)}.",
            f"Write {spell_duration(least)} or more.",
        )
    if most is not None and (kept is None or kept > most):
        yield Problem(
            "data.retention",
            f"{tier} wants answers deleted after {spell_duration(most)}.",
            f"Write {spell_duration(most)} or less.",
        )


def _inspection_problems(policy: Policy, spec: ModelSpec, tier: str) -> Iterator[Problem]:
    for key in InspectionFloor.model_fields:
        floor, own = getattr(policy.inspection, key), getattr(spec.data.inspection, key)
        if floor is None:
            continue
        if key in ("representation", "rarest_class") and own < floor:
            yield Problem(
                f"data.inspection.{key}", f"{tier} asks for at least {floor}.", f"Write {floor} or more."
            )
        if key in ("label_rate_difference", "duplicates") and own > floor:
            yield Problem(
                f"data.inspection.{key}", f"{tier} allows at most {floor}.", f"Write {floor} or less."
            )


def under(policy: Policy, spec: ModelSpec) -> ModelSpec:
    """Return the spec with the policy's own limits added, where the spec does not set a tighter one."""
    floors = policy.limits.get(spec.task, ())
    gates = spec.gates.model_copy(update={"limits": with_floors(spec.gates.limits, floors)})
    with_gates = spec.model_copy(update={"gates": gates})
    return watched_under(floors, with_gates) if policy.fairness else with_gates


def unknown_metrics(policy: Policy) -> tuple[Problem, ...]:
    """Return every limit of a policy that speaks of a metric its task does not have."""
    return tuple(
        Problem(
            f"limits.{task}.{limit.metric}",
            "is no metric of this task.",
            f"Known ones: {', '.join(MEASURES[task])}.",
        )
        for task, limits in policy.limits.items()
        for limit in limits
        if limit.metric not in MEASURES[task]
    )
