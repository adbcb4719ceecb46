"""Samples: rows taken evenly, with their outcomes and answers."""

import numpy as np

from airlock.examination.weakness.sample import evenly, part_of
from tests.airlock.examination.weakness.subjects import modelled
from tests.airlock.loans import loan_spec


def test_a_part_keeps_each_row_with_its_outcome_and_answer() -> None:
    subject = modelled(loan_spec(), 500)
    part = part_of(subject, 120)
    places = evenly(500, 120)
    assert len(part) == len(set(places.tolist())) == 120
    assert part.rows["loan"].to_pylist() == [f"L{place:06d}" for place in places]
    assert (part.losses == subject.losses[places]).all()


def test_few_rows_are_taken_whole_and_none_are_none() -> None:
    subject = modelled(loan_spec(), 50)
    assert part_of(subject, 50) is subject
    assert evenly(0, 10).tolist() == np.arange(0).tolist()
