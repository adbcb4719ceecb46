"""Everything that is wrong with what people wrote in the include folder, all at once."""

import inspect
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from airlock.chain.admission import AdmissionError, admit
from airlock.data.suite import SUITE_FILE, check_columns, load_suite
from airlock.spec import ModelSpec, SpecError, load_model, load_policy, model_names
from airlock.spec.catalogue import entry_names, load_entry
from airlock.spec.errors import Problem
from airlock.spec.impact import IMPACT_FILE, Impact
from airlock.spec.load import SPEC_FILE
from airlock.spec.parse import parse
from airlock.spec.people import load_people
from airlock.spec.policy import Tier
from airlock.training.estimator import estimator_for
from airlock.usercode import UserCodeError, importing_from, resolve

#: What the machine above looks at besides, such as Airflow's notifiers.
Look = Callable[[ModelSpec], None]


def problems_in(include: Path, *looks: Look) -> tuple[SpecError, ...]:
    """Return what is wrong with people, policies, catalogue and every model, each problem once.

    Parameters
    ----------
    looks
        Further looks at each spec that can be read; each raises SpecError.
    """
    models = include / "models"
    found = [*refused(load_people, include)]
    for tier in Tier:
        found += refused(load_policy, include, tier)
    for entry in entry_names(include):
        found += refused(load_entry, include, entry)
    found += _folders_without_a_spec(models)
    for name in model_names(models):
        found += problems_of(include, name, *looks)
    return _each_once(found)


def problems_of(include: Path, name: str, *looks: Look) -> tuple[SpecError, ...]:
    """Return what is wrong with one model: spec, suite, own code, assessment, use of the catalogue."""
    models = include / "models"
    suite, form = models / name / SUITE_FILE, models / name / IMPACT_FILE
    found = list(refused(load_suite, suite))
    try:
        spec = load_model(include, name)
    except SpecError as error:
        # What its tier demands of the form nobody can say now; what stands in it can be read all the same.
        return _each_once([error, *found, *(refused(parse, form, Impact) if form.exists() else ())])
    if not found:
        found += refused(check_columns, suite, spec.data.read)
    try:
        admit(spec, include=include)
    except AdmissionError as error:
        found += error.refusals
    for candidate in spec.training.candidates:
        found += refused(lambda chosen: estimator_for(spec, chosen, models=models), candidate)
    for look in (lambda read: _check_function(read, models), *looks):
        found += refused(look, spec)
    return _each_once(found)


def refused(look: Callable[..., object], *arguments: object) -> tuple[SpecError, ...]:
    """Return why a look at something is refused, or nothing."""
    try:
        look(*arguments)
    except SpecError as error:
        return (error,)
    return ()


def _check_function(spec: ModelSpec, models: Path) -> None:
    """Look whether the function that is the source is there, and takes what it will be called with."""
    source = spec.data.source.callable
    if source is None:
        return
    key, file = "data.source.callable.function", models / spec.name / SPEC_FILE
    moments = {"start": None, "end": None, "as_of": datetime.now(UTC)}
    try:
        function = resolve(source.function, models)
        with importing_from(models):
            inspect.signature(function).bind(**moments, **source.arguments)
    except UserCodeError as error:
        raise SpecError(file, (Problem(key, str(error), ""),)) from None
    except (TypeError, ValueError) as error:
        wrong = f"does not take what it is called with: {error}."
        raise SpecError(
            file, (Problem(key, wrong, "Write load(*, start, end, as_of, **arguments)."),)
        ) from None


def _folders_without_a_spec(models: Path) -> Iterator[SpecError]:
    known = model_names(models)
    for folder in sorted(models.glob("[!._]*")):
        if folder.is_dir() and folder.name not in known:
            wrong = "is missing, so that the folder is no model."
            problem = Problem("file", wrong, "Write it, or remove the folder.")
            yield SpecError(folder / SPEC_FILE, (problem,))


def _each_once(errors: list[SpecError]) -> tuple[SpecError, ...]:
    told, kept = set[tuple[Path, Problem]](), list[SpecError]()
    for error in errors:
        new = tuple(problem for problem in error.problems if (error.file, problem) not in told)
        told |= {(error.file, problem) for problem in new}
        if new:
            kept.append(SpecError(error.file, new))
    return tuple(kept)
