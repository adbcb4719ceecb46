"""ModelSpec: everything about one model, as its model.yaml says it."""

from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from airlock.digests import digest_of
from airlock.spec.base import Section
from airlock.spec.data import DataSpec
from airlock.spec.decision import Decision
from airlock.spec.deployment import Deployment
from airlock.spec.durations import spell_duration
from airlock.spec.governance import Alerts, Approval, Gates, Person
from airlock.spec.metrics import DISPARITIES, MEASURES, METRICS, Task
from airlock.spec.monitoring import Monitoring
from airlock.spec.robustness import Rule
from airlock.spec.training import Training
from airlock.spec.words import Title


class ModelSpec(Section):
    """One model: what it is for, what it learns from, what it must reach and who answers for it."""

    name: str = Field(exclude=True, description="the folder's name; not written in the file")
    title: Title = Field(description="how people call the model")
    purpose: str = Field(min_length=1, description="what it is for, and what it must not be used for")
    owner: Person = Field(description="who answers for it")
    risk_tier: Literal["minimal", "limited", "high"] = Field(
        description="how much harm a wrong answer can do; names the policy that is its floor"
    )
    task: Task = Field(description="what kind of answer it gives")
    data: DataSpec = Field(description="what it learns from and is watched on")
    training: Training = Field(description="how candidates are made")
    decision: Decision | None = Field(
        None, description="binary only: what yes means for a person, and what right and wrong answers cost"
    )
    rules: tuple[Rule, ...] = Field((), description="how the score must behave when a feature changes")
    effects: tuple[str, ...] = Field(
        (), description="numeric or boolean features whose effect on the outcome is estimated"
    )
    gates: Gates = Field(description="what a candidate must reach before people are asked")
    approval: Approval = Field(description="who lets it out")
    deployment: Deployment = Field(Deployment(), description="how the champion is used")
    monitoring: Monitoring = Field(Monitoring(), description="how the champion is watched")
    alerts: Alerts = Field(description="who is mailed when somebody must look")

    @model_validator(mode="after")
    def _metrics_exist(self) -> Self:
        performance = self.monitoring.performance
        named = {
            "training.select_by": [self.training.select_by],
            "gates.champion.metric": [self.gates.champion.metric],
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
        for limit in self.gates.limits:
            if limit.metric not in MEASURES[self.task]:
                raise ValueError(
                    f"gates.limits speaks of {limit.metric!r}, which is no measure of a {self.task} model. "
                    f"Use one of {', '.join(MEASURES[self.task])}."
                )
            if limit.attribute and limit.metric not in DISPARITIES[self.task]:
                raise ValueError(
                    f"gates.limits.{limit.metric} is no disparity between groups, so it has no attribute. "
                    "Remove attribute."
                )
            if limit.attribute and limit.attribute not in self.data.protected:
                raise ValueError(
                    f"gates.limits.{limit.metric} speaks of {limit.attribute!r}, which is no column with the "
                    f"role protected. Known: {', '.join(self.data.protected) or 'none'}."
                )
            if limit.metric == "mean_cost" and not (self.decision and self.decision.costs):
                raise ValueError("gates.limits.mean_cost needs decision.costs. Add them.")
        return self

    @model_validator(mode="after")
    def _groups_can_be_watched(self) -> Self:
        watched = self.monitoring.fairness
        if watched and (fault := watched.fault(self.task, self.data)):
            raise ValueError(fault)
        if watched and watched.judges_errors and self.monitoring.performance is None:
            raise ValueError(
                "monitoring.fairness limits errors, which are measured over the outcomes that "
                "monitoring.performance asks for. Add that, or limit demographic parity alone."
            )
        return self

    @model_validator(mode="after")
    def _rules_and_effects_name_features(self) -> Self:
        for key, names in (("rules", [rule.feature for rule in self.rules]), ("effects", self.effects)):
            for name in names:
                if name not in self.data.features:
                    raise ValueError(
                        f"{key} speaks of {name!r}, which is no feature. "
                        f"Known: {', '.join(self.data.features)}."
                    )
        for rule in self.rules:
            number = self.data.kind_of(rule.feature) == "number"
            if number == (rule.goes == "elsewhere"):
                fits = "up or down" if number else "elsewhere"
                raise ValueError(
                    f"rules: {rule.feature} is a {self.data.kind_of(rule.feature)}, which cannot go "
                    f"{rule.goes}. Write goes: {fits}."
                )
        for name in self.effects:
            if self.data.kind_of(name) == "category":
                raise ValueError(f"effects: {name} is a category, and an effect is of a number. Remove it.")
        return self

    @model_validator(mode="after")
    def _decision_is_binary(self) -> Self:
        if self.decision is not None and self.task is not Task.BINARY:
            raise ValueError("decision is for binary tasks only. Remove it.")
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
    def _outcomes_can_decide(self) -> Self:
        if self.deployment.way == "ab" and self.deployment.trial.within <= self.data.outcome_delay:
            raise ValueError(
                "deployment.trial.within is no longer than data.outcome_delay, so no outcome could decide in "
                "time. Lengthen within, or write way: canary."
            )
        return self

    @model_validator(mode="after")
    def _retraining_can_learn_what_was_found(self) -> Self:
        rule, data, split = self.monitoring.retraining, self.data, self.training.split
        key = "monitoring.retraining"
        if rule.history and (data.event_time is None or (data.history and rule.history > data.history)):
            raise ValueError(
                f"{key}.history reads further back than data.history or event_time allow. "
                "Shorten it or leave it out."
            )
        if not (rule.automatic and rule.fresh and data.event_time):
            return self
        if self.retraining_history is None:
            raise ValueError(
                f"{key}.fresh is a share of the time that a training reads, and neither {key}.history nor "
                "data.history says how much that is. Add one of them."
            )
        if split.by == "time" and rule.fresh <= split.holdout:
            raise ValueError(
                f"{key}.fresh is {rule.fresh}, and the newest {split.holdout} are held out: nothing would be "
                f"learned from what was found. Write more than {split.holdout}."
            )
        return self

    @model_validator(mode="after")
    def _nights_are_judged_before_they_are_deleted(self) -> Self:
        kept, watched = self.data.retention, self.monitoring.performance
        if kept is None or watched is None:
            return self
        needed = self.data.outcome_delay + watched.window
        if kept < needed:
            raise ValueError(
                "data.retention is shorter than data.outcome_delay and monitoring.performance.window "
                f"together ({spell_duration(needed)}): answers would be deleted before they are judged. Keep "
                "them longer."
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
    def retraining_history(self) -> timedelta | None:
        """How much event time a training reads that a night asks for; None where all there is."""
        return self.monitoring.retraining.history or self.data.history

    @property
    def digest(self) -> str:
        """The digest of the whole spec, policy limits included."""
        return digest_of(self.model_dump(mode="json"))
