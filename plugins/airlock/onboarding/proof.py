"""Holding a draft against its own data: what would stop a training is left out, or put to a person."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from airlock.data.errors import DataError
from airlock.data.read import read
from airlock.data.suite import SUITE_FILE, load_suite
from airlock.data.validation import validate
from airlock.data.window import Window
from airlock.inspection.check import Check, CheckKind
from airlock.inspection.inspection import inspect
from airlock.onboarding.comparable import incomparable
from airlock.onboarding.draft import Draft
from airlock.onboarding.errors import OnboardingError
from airlock.onboarding.given import MOST_ROWS
from airlock.onboarding.roles import Guess, ignored
from airlock.spec import ModelSpec
from airlock.spec.columns import Role
from airlock.spec.load import SPEC_FILE
from airlock.spec.questions import QUESTION
from airlock.spec.yaml_file import read_yaml

#: A feature that is found to be one of these is left out of the draft.
LEFT_OUT = {CheckKind.LEAKAGE: "a leak?", CheckKind.IDENTIFIER: "an identifier?"}
#: What stands for an answer while nobody has given one, by the key; the rest are texts.
STAND_INS: dict[str, Any] = {
    "email": "somebody@example.org",
    "outcome_delay": "0d",
    "at_least": 0.0,
    "role": "ignored",
}
AN_ANSWER = "a stand-in for the answer"

Connect = Callable[[str], Any]
Write = Callable[[Draft], Path]


def proved(draft: Draft, known: pa.Table, write: Write) -> Draft:
    """Return the draft without the features that give its target away, and with what a person must decide.

    Parameters
    ----------
    known
        The rows of `known_rows`.
    write
        Writes a draft's files into a folder of models, and returns it.

    Raises
    ------
    OnboardingError
        When no feature is left.
    """
    while True:
        spec = spec_of(draft.name, write(draft))
        rows = known.select(spec.data.read)
        alone = {
            name: found
            for name, found in incomparable(spec, draft.policy, rows).items()
            if not draft.catalogue.protects(name)
        }
        if alone:
            draft = replace(draft, guesses=tuple(_put(guess, alone) for guess in draft.guesses))
            continue
        stopping = inspect(spec, rows).stopping
        left_out = {check.column: check for check in stopping if check.kind in LEFT_OUT}
        if not left_out:
            found = {check.key: _asked(check) for check in stopping}
            return replace(draft, accept={**draft.accept, **found})
        guesses = tuple(
            ignored(guess, _because(left_out[guess.look.name])) if guess.look.name in left_out else guess
            for guess in draft.guesses
        )
        if not any(guess.role is Role.FEATURE for guess in guesses):
            named = ", ".join(left_out)
            wrong = f"each column that is left gives {draft.aim_at!r} away: {named}."
            raise OnboardingError("SOURCE", wrong, "Give columns that are known before it is.")
        draft = replace(draft, guesses=guesses)


def require_suite_met(draft: Draft, models: Path, known: pa.Table) -> None:
    """Hold the data against the proposed suite.

    Raises
    ------
    OnboardingError
        When they do not meet it: whoever trained would be stopped by it.
    """
    spec = spec_of(draft.name, models)
    suite = load_suite(models / draft.name / SUITE_FILE)
    failed = validate(known.select(spec.data.read), suite).failed
    if failed:
        said = " ".join(check.finding for check in failed)
        raise OnboardingError("SOURCE", f"the rows do not meet what was drafted from them: {said}", "")


def spec_of(name: str, models: Path) -> ModelSpec:
    """Return a drafted spec, with stand-ins for the answers that are not given yet."""
    content = _stood_in(read_yaml(models / name / SPEC_FILE), "")
    return ModelSpec.model_validate({**content, "name": name})


def known_rows(draft: Draft, write: Write, connect: Connect) -> pa.Table:
    """Return the rows whose outcome is known, as a training reads them; of a table the first MOST_ROWS.

    Raises
    ------
    OnboardingError
        When they cannot be read as the draft says.
    """
    limited = f"{draft.query}\nLIMIT {MOST_ROWS}" if draft.query else ""
    models = write(replace(draft, query=limited))
    spec = spec_of(draft.name, models)
    window, now = Window(None, None), datetime.now(UTC)
    try:
        rows = read(spec, window=window, as_of=now, models=models, connect=connect)
    except DataError as error:
        raise OnboardingError("SOURCE", error.wrong, error.cure) from error
    return rows.filter(pc.is_valid(rows[spec.data.target])).combine_chunks()


def _stood_in(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return {name: _stood_in(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_stood_in(inner, "email" if key == "to" else key) for inner in value]
    if isinstance(value, str) and QUESTION.fullmatch(value):
        return STAND_INS.get(key, AN_ANSWER)
    return value


def _put(guess: Guess, alone: Mapping[str, str]) -> Guess:
    """Return a column, its role put to a person where its groups cannot be compared."""
    if guess.look.name not in alone:
        return guess
    found = (
        f"protected or ignored? Of its groups {alone[guess.look.name]}, and what is not compared is refused"
    )
    cure = "Give more rows, join its groups in the source, or write ignored."
    return replace(ignored(guess, guess.because), question=f"TODO: {found}. {cure}")


def _because(check: Check) -> str:
    return f"{LEFT_OUT[check.kind]} {check.sentence.rstrip('.')}"


def _asked(check: Check) -> str:
    return f"{check.sentence.rstrip('.')}. Why is it let through?"
