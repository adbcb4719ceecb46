"""Reading model.yaml and policy files."""

from pathlib import Path

from airlock.spec.errors import Problem, SpecError
from airlock.spec.model import ModelSpec
from airlock.spec.monitoring import schedule_problems
from airlock.spec.parse import parse
from airlock.spec.people import load_people, problems_of
from airlock.spec.policy import Policy, Tier, problems_under, under, unknown_metrics

SPEC_FILE = "model.yaml"


def model_names(models: Path) -> tuple[str, ...]:
    """Return the names of the models: each folder that holds a model.yaml."""
    return tuple(sorted(path.parent.name for path in models.glob(f"*/{SPEC_FILE}")))


def load_model(include: Path, name: str) -> ModelSpec:
    """Read one model's spec and hold it against its tier's policy.

    Raises
    ------
    SpecError
        With every problem found: unknown keys, wrong types, missing columns, a bound looser than the policy,
        a watch with gaps, an approver who may not approve.
    """
    file = include / "models" / name / SPEC_FILE
    if not name.isidentifier() or not name.islower():
        raise SpecError(
            file, (Problem(name, "is not a model name.", "Use small letters, digits, underscores."),)
        )
    spec = parse(file, ModelSpec, {"name": name})
    policy = load_policy(include, Tier(spec.risk_tier))
    problems = (
        *problems_under(policy, spec),
        *schedule_problems(spec.monitoring),
        *problems_of(load_people(include), spec.approval.approvers),
    )
    if problems:
        raise SpecError(file, problems)
    return under(policy, spec)


def load_policy(include: Path, tier: Tier) -> Policy:
    """Read what the organisation demands of one tier.

    Raises
    ------
    SpecError
        When the file is missing or wrong; no model of that tier can be used then.
    """
    file = include / "policies" / f"{tier}.yaml"
    policy = parse(file, Policy)
    if problems := unknown_metrics(policy):
        raise SpecError(file, problems)
    return policy
