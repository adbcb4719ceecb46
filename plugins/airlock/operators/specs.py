"""The specs as Dags see them: a broken one is left out here, and reported by dags/specs.py."""

from airlock.data.suite import SUITE_FILE, check_columns
from airlock.operators.notifying import check_notifiers
from airlock.settings import settings
from airlock.spec import ModelSpec, SpecError, load_model, model_names


def all_models() -> tuple[str, ...]:
    """Return the names of all models, broken or not."""
    return tuple(model_names(settings().models))


def usable_specs() -> tuple[ModelSpec, ...]:
    """Return the specs of all models that can be used."""
    return tuple(spec for spec in _all() if isinstance(spec, ModelSpec))


def spec_errors() -> tuple[SpecError, ...]:
    """Return what is wrong with the models that cannot be used."""
    return tuple(spec for spec in _all() if isinstance(spec, SpecError))


def _all() -> list[ModelSpec | SpecError]:
    return [_load(name) for name in all_models()]


def _load(name: str) -> ModelSpec | SpecError:
    try:
        spec = load_model(settings().include, name)
        check_columns(settings().models / name / SUITE_FILE, spec.data.read)
        check_notifiers(spec)
        return spec
    except SpecError as error:
        return error
