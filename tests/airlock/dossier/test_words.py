"""Plain words: there are some for every name that a gate may speak of."""

import pytest

from airlock.dossier.words import WORDS, plain
from airlock.spec.metrics import MEASURES, Task


@pytest.mark.parametrize("task", Task)
def test_every_measure_has_words(task: Task) -> None:
    assert [name for name in MEASURES[task] if name not in WORDS] == []


def test_no_two_measures_of_a_task_have_the_same_words() -> None:
    for task in Task:
        names = [plain(name) for name in MEASURES[task]]
        assert len(names) == len(set(names))
