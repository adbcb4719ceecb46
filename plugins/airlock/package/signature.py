"""The signature: which fields a model takes and which answers it gives."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from airlock.spec.columns import Kind
from airlock.spec.metrics import Task

LARGEST_NUMBER = 1.7e308
#: A missing category is this text, so that pipelines (and portable forms of them) see text only.
MISSING_CATEGORY = ""
#: The threshold where both ways to be wrong cost the same.
EVEN = 0.5


@dataclass(frozen=True)
class FieldProblem:
    """What is wrong with one field of a row, and how to mend it."""

    field: str
    wrong: str
    cure: str

    def __str__(self) -> str:
        return f"{self.field}: {self.wrong} {self.cure}"


@dataclass(frozen=True)
class Feature:
    """One field a model takes: what it holds, and what was seen of it in training."""

    name: str
    kind: Kind
    categories: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    example: float | str | bool | None = None


@dataclass(frozen=True)
class Signature:
    """What goes into a model and what comes out of it.

    `threshold` is for binary models: the answer is the positive class where the score reaches it.
    """

    model: str
    task: Task
    features: tuple[Feature, ...]
    classes: tuple[str, ...] = ()
    positive: str | None = None
    threshold: float = EVEN

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """What each feature holds, in the order the pipeline takes them."""
        return {feature.name: feature.kind for feature in self.features}

    def problems(self, row: Mapping[str, Any]) -> Iterator[FieldProblem]:
        """Yield what is wrong with a row, as it is found; a null is no problem, a field left out is one."""
        known = ", ".join(self.kinds)
        for name in row:
            if name not in self.kinds:
                yield FieldProblem(name, "is no field of this model.", f"Remove it; known are {known}.")
        for feature in self.features:
            if (problem := _problem(feature, row)) is not None:
                yield problem

    def to_json(self) -> dict[str, Any]:
        """Return the signature as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Signature":
        """Return the signature that `to_json` wrote."""
        features = tuple(
            Feature(**{**feature, "kind": Kind(feature["kind"]), "categories": tuple(feature["categories"])})
            for feature in value["features"]
        )
        return cls(
            value["model"],
            Task(value["task"]),
            features,
            tuple(value["classes"]),
            value["positive"],
            value.get("threshold", EVEN),  # a package older than thresholds says nothing of one
        )


def _problem(feature: Feature, row: Mapping[str, Any]) -> FieldProblem | None:
    name, example = feature.name, _spell(feature.example)
    if name not in row:
        return FieldProblem(
            name, "is missing.", f"Send a value such as {example}, or null where it is not known."
        )
    value = row[name]
    if value is None or _fits(value, feature.kind):
        return None
    wanted = {Kind.NUMBER: "a finite number", Kind.CATEGORY: "a text", Kind.BOOLEAN: "true or false"}[
        feature.kind
    ]
    return FieldProblem(
        name, f"{_spell(value)} is not {wanted}.", f"Send a value such as {example}, or null."
    )


def _fits(value: Any, kind: Kind) -> bool:
    if kind is Kind.CATEGORY:
        return isinstance(value, str)
    if kind is Kind.BOOLEAN:
        return isinstance(value, bool)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= LARGEST_NUMBER and (isinstance(value, int) or math.isfinite(value))


def _spell(value: Any) -> str:
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
