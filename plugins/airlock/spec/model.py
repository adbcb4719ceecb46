"""ModelSpec: everything about one model, as its model.yaml says it."""

from typing import Literal, Self

from pydantic import Field, model_validator

from airlock.digests import digest_of
from airlock.spec.base import Section
from airlock.spec.data import DataSpec
from airlock.spec.governance import Alerts, Approval, Deployment, Gates, Monitoring, Person
from airlock.spec.metrics import METRICS, Task
from airlock.spec.training import Training


class ModelSpec(Section):
    """One model: what it is for, what it learns from, what it must reach and who answers for it."""

    name: str = Field(exclude=True, description="the folder's name; not written in the file")
    title: str = Field(min_length=1)
    purpose: str = Field(min_length=1)
    owner: Person
    risk_tier: Literal["minimal", "limited", "high"]
    task: Task
    data: DataSpec
    training: Training
    gates: Gates
    approval: Approval
    deployment: Deployment = Deployment()
    monitoring: Monitoring = Monitoring()
    alerts: Alerts

    @model_validator(mode="after")
    def _metrics_exist(self) -> Self:
        performance = self.monitoring.performance
        named = {
            "training.select_by": [self.training.select_by],
            "gates.champion.metric": [self.gates.champion.metric],
            "gates.limits": [limit.metric for limit in self.gates.limits],
            "monitoring.performance.limits": [limit.metric for limit in performance.limits]
            if performance
            else [],
        }
        known = METRICS[self.task]
        for key, metrics in named.items():
            for metric in metrics:
                if metric not in known:
                    raise ValueError(
                        f"{key} speaks of {metric!r}, which is no metric of a {self.task} model. "
                        f"Use one of {', '.join(known)}."
                    )
        return self

    @model_validator(mode="after")
    def _time_split_needs_time(self) -> Self:
        if self.training.split.by == "time" and self.data.event_time is None:
            raise ValueError(
                "training.split.by is time, and data.event_time is not set. Name it, or split at random."
            )
        return self

    @model_validator(mode="after")
    def _batch_needs_time(self) -> Self:
        if self.deployment.batch and self.data.event_time is None:
            raise ValueError(
                "deployment.batch scores a night's rows, and data.event_time is not set. Name it."
            )
        return self

    @model_validator(mode="after")
    def _target_fits_the_task(self) -> Self:
        kind = self.data.kind_of(self.data.target)
        if self.task is Task.REGRESSION and kind != "number":
            raise ValueError(
                f"a regression needs a number to predict, and the target is a {kind}. Change one of them."
            )
        if self.task is Task.BINARY and self.data.positive is None:
            raise ValueError(
                "a binary task needs data.positive: the value of the target that counts as yes. Add it."
            )
        if self.task is not Task.BINARY and self.data.positive is not None:
            raise ValueError("data.positive is for binary tasks only. Remove it.")
        return self

    @property
    def digest(self) -> str:
        """The digest of the whole spec, policy limits included."""
        return digest_of(self.model_dump(mode="json"))
