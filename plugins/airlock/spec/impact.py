"""The impact assessment: impact.yaml, the form about whom a model's answers touch, and how."""

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from airlock.spec.base import Section
from airlock.spec.errors import Problem, SpecError
from airlock.spec.governance import Person
from airlock.spec.parse import parse
from airlock.spec.yaml_file import read_yaml

IMPACT_FILE = "impact.yaml"
#: A text that stands where an answer is to come; in small letters only by itself, as todo is a word.
PLACEHOLDER = re.compile(
    r"""
      \b (TODO|TBD|TBA|TBC|FIXME|XXX) \b
    | (?i: ^\W* ( to\ ?do \s* ([:\-\u2013] .*)? | (tbd|tba|tbc|fixme|xxx) \b .* | to\ be\ \w+
                  | n/?a | none | unknown | x | yes | no )? \W*$ )
    """,
    re.VERBOSE | re.DOTALL,
)


def filled_in(text: str) -> str:
    """Return a text that answers something.

    Raises
    ------
    ValueError
        When it only stands for an answer to come.

    Examples
    --------
    >>> filled_in("Applicants for a consumer loan")
    'Applicants for a consumer loan'
    >>> filled_in("tbd")
    Traceback (most recent call last):
    ValueError: 'tbd' is no answer. Write it out, or leave the key away while nobody knows.
    """
    if PLACEHOLDER.search(text):
        raise ValueError(f"{text!r} is no answer. Write it out, or leave the key away while nobody knows.")
    return text


Answer = Annotated[str, AfterValidator(filled_in)]


class Affected(Section):
    """A group of people whom the answers touch."""

    who: Answer = Field(description="which people")
    how: Answer = Field(description="what the answers change for them")


class Harm(Section):
    """Something bad that a wrong or misused answer can do."""

    harm: Answer = Field(description="what happens")
    who: Answer = Field(description="to whom")
    severity: Literal["low", "medium", "high"] = Field(description="how bad it is")
    mitigation: Answer = Field(description="what is done so that it does not happen, or is put right")


class BusinessMetric(Section):
    """What the organisation wants to be better off by, and by how much."""

    name: Answer = Field(description="what is measured")
    target: float = Field(description="what it is to reach")
    unit: str = Field("", description="what it is counted in")


class Decides(Section):
    """Who has the last word."""

    who: Answer = Field(description="who decides on the answer")
    override: Answer = Field(description="how a person can decide otherwise than the model")


class Impact(Section):
    """The form. Every key may be left away but those that the policy of the model's tier asks for."""

    affected: tuple[Affected, ...] = Field((), description="the people whom the answers touch")
    harms: tuple[Harm, ...] = Field((), description="what can go wrong for them")
    business_metric: BusinessMetric | None = Field(None, description="what the model is to be good for")
    decides: Decides | None = Field(None, description="who has the last word")
    legal_basis: Answer | None = Field(None, description="by what right the data are used for this")
    contest: Answer | None = Field(None, description="how somebody affected objects, and what happens then")
    alternatives: Answer | None = Field(None, description="what was considered instead of a model")
    consulted: tuple[Answer, ...] = Field((), description="who was asked about all this")
    assessed_by: Person | None = Field(None, description="who filled in the form")
    assessed_on: date | None = Field(None, description="the day on which it was filled in")


def load_impact(file: Path, demanded: tuple[str, ...], tier: str) -> Impact | None:
    """Read a model's impact assessment; None where there is none and its tier demands none.

    Raises
    ------
    SpecError
        When what is written cannot be used, or what is demanded is not written; with every problem found.
    """
    asks = f"the policy of the tier {tier} asks for"
    if not file.exists():
        if not demanded:
            return None
        wrong = f"is missing, and {asks} {', '.join(demanded)}."
        raise SpecError(file, (Problem("file", wrong, "Write it; docs/admission.md shows one."),))
    written = read_yaml(file)
    gaps = tuple(
        Problem(key, f"is not filled in, and {asks} it.", f"Write {Impact.model_fields[key].description}.")
        for key in demanded
        if written.get(key) in (None, [])
    )
    try:
        impact = parse(file, Impact)
    except SpecError as error:
        raise SpecError(file, (*error.problems, *gaps)) from None
    if gaps:
        raise SpecError(file, gaps)
    return impact
