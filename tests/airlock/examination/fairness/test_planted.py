"""Planted: in credit worlds exactly what was planted is named (bench.studies.fairness does it for twenty)."""

import pytest

from bench.studies.fairness import WORLDS, look, subject


@pytest.mark.parametrize("world", WORLDS)
def test_exactly_what_was_planted_is_named(world: str) -> None:
    scenarios, unfair, proxies = WORLDS[world]
    found = look(subject(1, "boosted_trees", *scenarios))
    assert (found.unfair, found.proxies) == (unfair, proxies)
