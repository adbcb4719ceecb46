"""A fault whose rows all come from one source is the source's; one that others have too is the column's."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from airlock.triage.decide import find_cause
from airlock.triage.facts import Facts
from tests.airlock.triage.worlds import answered, known, night, people

ROWS = 500
HALF = np.random.default_rng(5).random(ROWS) < 0.5


@pytest.fixture(scope="module")
def calm() -> Facts:
    return known()


def filled(calm: Facts, wrong: np.ndarray) -> Facts:
    drawn = people(7, ROWS)
    return night(calm, {**drawn, "years": np.where(wrong, 0.0, drawn["years"])})


def partner() -> np.ndarray:
    return people(7, ROWS)["channel"] == "partner"


def test_a_source_that_fills_in_half_of_its_values_is_named(calm: Facts) -> None:
    cause = find_cause(filled(calm, partner() & HALF))
    assert cause is not None
    assert (cause.kind, cause.about, cause.proposes) == ("bad_source", "channel=partner", "mend")
    assert cause.evidence[0].sentence.startswith("years is 0 in ")
    assert "of all others 0 %" in cause.evidence[-1].sentence


def test_a_source_whose_values_are_missing_now_and_then_is_named(calm: Facts) -> None:
    drawn = people(7, ROWS)
    gone = pa.array(drawn["amount"], mask=partner() & HALF)
    cause = find_cause(replace(calm, now=answered(drawn).set_column(2, "amount", gone)))
    assert cause is not None and (cause.kind, cause.about) == ("bad_source", "channel=partner")


def test_a_source_that_delivers_twice_is_named(calm: Facts) -> None:
    once = answered(people(7, ROWS))
    now = pa.concat_tables([once, once.filter(pa.array(partner()))])
    cause = find_cause(replace(calm, now=now))
    assert cause is not None and (cause.kind, cause.about) == ("bad_source", "channel=partner")
    assert "repeat another" in cause.evidence[0].sentence


def test_a_fault_that_two_sources_have_is_the_column_s(calm: Facts) -> None:
    web = people(7, ROWS)["channel"] == "web"
    cause = find_cause(filled(calm, (partner() | web) & HALF))
    assert cause is not None and (cause.kind, cause.about) == ("data_fault", "years")


def test_what_the_suite_says_is_told_first_and_the_source_is_named_all_the_same(calm: Facts) -> None:
    facts = replace(filled(calm, partner() & HALF), faults=("years is 0 too often.",))
    cause = find_cause(facts)
    assert cause is not None and (cause.kind, cause.about) == ("bad_source", "channel=partner")
    assert cause.evidence[0].sentence == "years is 0 too often."
