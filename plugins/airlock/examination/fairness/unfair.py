"""What is surely unfair: groups that fare otherwise than all others by much, and beyond chance."""

from collections.abc import Iterable, Sequence

from airlock.evaluation.figures import spell
from airlock.examination.fairness.figures import words_of
from airlock.examination.fairness.suspicions import Suspicion, Terms, tests
from airlock.examination.fairness.tally import Attribute
from airlock.findings import Finding

#: The chance that anything is found where nothing is: an alarm about fairness must mean something.
FAMILY_WISE = 0.01


def unfair(terms: Terms, attributes: Sequence[Attribute]) -> tuple[Finding, ...]:
    """Return one finding for each group that surely fares otherwise than all other rows.

    Every group that can be judged is held against all other rows, in every figure; an intersection also
    against what its parts explain. Holm's procedure over all of these tests keeps chance out, and a group
    that only differs because another one that is named does is not named. Two groups are one finding, named
    after the one that fares worse in the surest figure.

    References
    ----------
    Holm: A simple sequentially rejective multiple test procedure, Scand. J. Statistics 6, 1979.
    """
    done = [test for attribute in attributes for test in tests(terms, attribute)]
    sure = _own(terms, beyond_chance([test for test in done if test], tests_done=len(done)))
    groups: dict[tuple[str, int], list[Suspicion]] = {}
    for one in sure:
        turn = one.attribute.is_pair and (one.attribute.name, 1 - one.group) in groups
        told = one.turned() if turn else one
        groups.setdefault((told.attribute.name, told.group), []).append(told)
    return tuple(_finding(each) for each in groups.values())


def beyond_chance(suspicions: Sequence[Suspicion], *, tests_done: int) -> list[Suspicion]:
    """Return those that Holm's procedure keeps among all tests; the tests that found nothing count too."""
    kept: list[Suspicion] = []
    for one in sorted(suspicions, key=lambda each: (each.p_value, -abs(each.value - each.others))):
        if not one.p_value <= FAMILY_WISE / (tests_done - len(kept)):
            break
        kept.append(one)
    return kept


def _own(terms: Terms, sure: Iterable[Suspicion]) -> list[Suspicion]:
    """Leave out single groups that differ from all others only by those that were named before them."""
    kept: list[Suspicion] = []
    for one in sure:
        named = [each.group for each in kept if each.what == one.what]
        if one.attribute.is_intersection or not named or _still(terms, one, named):
            kept.append(one)
    return kept


def _still(terms: Terms, one: Suspicion, named: Sequence[int]) -> bool:
    again = tests(terms, one.attribute, one.attribute.tally.without(named))
    return any(test and (test.group, test.figure) == (one.group, one.figure) for test in again)


def _finding(suspicions: Sequence[Suspicion]) -> Finding:
    attribute, group = suspicions[0].attribute, suspicions[0].group
    pairs = zip(attribute.columns, attribute.groups[group], strict=True)
    subject = ", ".join(f"{column}={value}" for column, value in pairs)
    rows = int(attribute.tally.rows[group])
    clauses = "; ".join(_clause(one) for one in suspicions)
    differs = f"{subject} ({rows:,} rows) fares otherwise than all others, by much and beyond chance"
    return Finding("fairness", subject, f"{differs}: {clauses}.")


def _clause(one: Suspicion) -> str:
    parts = "" if one.explained is None else f" ({spell(one.explained)} is what its parts explain)"
    return (
        f"{words_of(one.figure)} {spell(one.value, one.others)} against {spell(one.others, one.value)}{parts}"
    )
