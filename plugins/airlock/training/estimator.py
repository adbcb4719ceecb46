"""The estimator of a candidate, made from its dotted path, parameters and seed; wrong ones name their key."""

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sklearn.utils._param_validation import InvalidParameterError

from airlock.spec import ModelSpec, Problem, SpecError, Task
from airlock.usercode import UserCodeError, resolve

RANDOM_STATE = "random_state"


def spec_error(spec: ModelSpec, models: Path, key: str, wrong: str, cure: str) -> SpecError:
    """Return an error that names the model's file, the key, what is wrong and what to write instead."""
    return SpecError(models / spec.name / "model.yaml", (Problem(key, wrong, cure),))


def estimator_for(spec: ModelSpec, name: str, *, models: Path) -> tuple[Any, dict[str, Any]]:
    """Return a candidate's unfitted estimator and the parameters that were set on it, the seed among them.

    Raises
    ------
    SpecError
        When the path leads to no estimator that fits the task, or a parameter is none of its own.
    """
    candidate, key = spec.training.candidates[name], f"training.candidates.{name}"
    estimator = _construct(spec, f"{key}.estimator", candidate.estimator, models)
    known = estimator.get_params(deep=True)
    space = candidate.search.space if candidate.search else {}
    for place, given in (("parameters", candidate.parameters), ("search.space", space)):
        for parameter in given:
            if parameter not in known:
                wrong = f"is no parameter of {candidate.estimator}."
                raise spec_error(spec, models, f"{key}.{place}.{parameter}", wrong, _known(parameter, known))
    seeds = {
        parameter: spec.training.seed
        for parameter, value in known.items()
        if value is None and parameter.split("__")[-1] == RANDOM_STATE
    }
    parameters = seeds | candidate.parameters
    return estimator.set_params(**parameters), parameters


@contextmanager
def refusal(spec: ModelSpec, name: str, models: Path) -> Iterator[None]:
    """Turn what scikit-learn says of a candidate that cannot be fitted into an error that names the key."""
    key = f"training.candidates.{name}"
    try:
        yield
    except InvalidParameterError as error:
        where = "parameters, and search.space where there is one"
        raise spec_error(spec, models, key, f"{_line(error)}", f"Correct its {where}.") from error
    except (TypeError, ValueError) as error:
        cure = "Correct its parameters; write preprocessing: one_hot where it takes no missing values."
        raise spec_error(spec, models, key, f"cannot be fitted: {_line(error)}", cure) from error


def _construct(spec: ModelSpec, key: str, path: str, models: Path) -> Any:
    try:
        made = resolve(path, models)
        estimator = made()
    except UserCodeError as error:
        raise spec_error(spec, models, key, str(error), "") from error
    except TypeError as error:
        cure = "Name a class that can be made without arguments."
        raise spec_error(spec, models, key, f"{path!r} cannot be made: {error}.", cure) from error
    answer = "predict" if spec.task is Task.REGRESSION else "predict_proba"
    missing = [method for method in ("fit", "get_params", "set_params") if not hasattr(estimator, method)]
    if missing or not hasattr(type(estimator), answer):
        wrong = f"{path!r} has no {', '.join(missing) or answer}, which a {spec.task} model needs."
        raise spec_error(spec, models, key, wrong, f"Name an estimator with fit and {answer}.")
    return estimator


def _known(parameter: str, known: dict[str, Any]) -> str:
    close = difflib.get_close_matches(parameter, known, n=1)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    return f"{hint}It has {', '.join(sorted(known))}."


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:400].rstrip(".") + "."
