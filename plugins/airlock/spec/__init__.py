"""The spec: model.yaml and policy files as frozen objects; every error names file, key and cure."""

from airlock.spec.errors import Problem, SpecError
from airlock.spec.load import load_model, load_policy, model_names
from airlock.spec.metrics import METRICS, Task
from airlock.spec.model import ModelSpec

__all__ = ["METRICS", "ModelSpec", "Problem", "SpecError", "Task", "load_model", "load_policy", "model_names"]
