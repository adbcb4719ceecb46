"""docs/spec.md says what the code says, and has a word for every key."""

from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from airlock.governance.prediction_table import OWN_COLUMNS
from airlock.package.package import PREDICTION, SCORE
from airlock.spec.catalogue import Entry
from airlock.spec.columns import TAKEN_NAMES
from airlock.spec.impact import Impact
from airlock.spec.model import ModelSpec
from airlock.spec.people import People
from airlock.spec.policy import Policy
from airlock.spec.reference import FILE, reference
from airlock.spec.typenames import sections_in


def sections(section: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield section
    for field in section.model_fields.values():
        for _, inner in sections_in(field.annotation):
            yield from sections(inner)


def test_the_file_is_up_to_date() -> None:
    assert FILE.read_text(encoding="utf-8") == reference(), "run make docs, and commit docs/spec.md"


@pytest.mark.parametrize(
    "section",
    dict.fromkeys(one for file in (ModelSpec, Policy, Impact, Entry, People) for one in sections(file)),
    ids=lambda one: one.__name__,
)
def test_every_key_says_what_it_means(section: type[BaseModel]) -> None:
    silent = [name for name, field in section.model_fields.items() if not field.description]
    assert not silent


@pytest.mark.parametrize(
    "line",
    [
        "| `outcome_delay` | length of time | `0d` | how long after its event",
        "| `schedule` | schedule | `0 3 * * *` | when, in UTC",
        "| `estimator` | text |  | its dotted path",
        "| `by` | one of `time`, `random` |  |",
        "## `training.candidates.<name>.search`",
        "## `monitoring.performance.limits[]`",
        "| `assessed_on` | day, such as 2026-01-15 | none | the day on which",
        "| `purposes` | mapping of names to: text, not empty |  | what it may be used for",
        "## `harms[]`",
        "## `columns.<name>.responsible`",
        "## `people.<name>`",
        "| `roles` | list of: one of `data_scientist`, `ml_engineer`, ",
    ],
)
def test_keys_have_type_default_and_meaning(line: str) -> None:
    assert line in reference()


def test_no_feature_hides_a_column_beside_it() -> None:
    assert {*TAKEN_NAMES} >= {*OWN_COLUMNS, SCORE, PREDICTION}
