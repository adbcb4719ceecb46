"""The specs as Dags see them: a broken one is left out here, and reported by dags/specs.py."""

from collections.abc import Iterable

from airflow.sdk import get_parsing_context

from airlock.data.suite import SUITE_FILE, check_columns
from airlock.operators.notifying import check_notifiers
from airlock.settings import settings
from airlock.spec import ModelSpec, SpecError, load_model, model_names


def all_models() -> tuple[str, ...]:
    """Return the names of all models, broken or not."""
    return tuple(model_names(settings().models))


def wired_specs() -> tuple[ModelSpec, ...]:
    """Return the specs that a Dag file makes Dags of.

    They are those of all models that can be used. But before it runs a task, Airflow reads the Dag's file
    again, and says whose: then the one model is enough, however many there are.
    """
    running = get_parsing_context().dag_id
    model = running and running.rpartition(".")[0]
    return _usable(name for name in all_models() if model is None or name == model)


def usable_specs() -> tuple[ModelSpec, ...]:
    """Return the specs of all models that can be used."""
    return _usable(all_models())


def spec_errors() -> tuple[SpecError, ...]:
    """Return what is wrong with the models that cannot be used."""
    return tuple(spec for spec in map(_load, all_models()) if isinstance(spec, SpecError))


def _usable(names: Iterable[str]) -> tuple[ModelSpec, ...]:
    return tuple(spec for spec in map(_load, names) if isinstance(spec, ModelSpec))


def _load(name: str) -> ModelSpec | SpecError:
    try:
        spec = load_model(settings().include, name)
        check_columns(settings().models / name / SUITE_FILE, spec.data.read)
        check_notifiers(spec)
        return spec
    except SpecError as error:
        return error
