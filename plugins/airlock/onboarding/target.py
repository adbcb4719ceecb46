"""What there is to be predicted: the kind of answer, which answer counts as yes, and what measures it."""

from dataclasses import dataclass

from airlock.onboarding.errors import OnboardingError
from airlock.onboarding.looks import Look
from airlock.onboarding.words import YES
from airlock.spec.columns import Kind
from airlock.spec.metrics import Task

#: A whole number with no more values than these is taken for classes, a text with more for no class.
MOST_NUMBERS, MOST_CLASSES = 10, 30
#: A class needs so many rows to be in every fold and in the hold-out.
FEWEST_ROWS = 30
#: With a rarer yes, how well the few are found says more than how well all are ranked.
RARE = 0.1


@dataclass(frozen=True)
class Aim:
    """What a model is to predict.

    Attributes
    ----------
    kind
        How the target's values are read.
    positive
        Binary only: the value that counts as yes.
    because, metric_because
        Why this task and this metric.
    """

    task: Task
    kind: Kind
    positive: str | bool | None
    because: str
    metric: str
    metric_because: str


def aim_at(look: Look) -> Aim:
    """Say what kind of answer a target asks for.

    Raises
    ------
    OnboardingError
        When there is nothing to be told apart, or too little of it.
    """
    if look.distinct < 2:
        wrong = f"{look.name!r} is the same in every row."
        raise OnboardingError("TARGET", wrong, "Name a column that differs, or give rows of each outcome.")
    if look.kind is None:
        raise OnboardingError("TARGET", f"{look.name!r} is a moment.", "Name what is to be predicted.")
    if look.distinct == 2:
        return _binary(look)
    if look.kind is Kind.CATEGORY or (look.whole and look.distinct <= MOST_NUMBERS):
        return _multiclass(look)
    because = f"{look.name} is a number with {look.distinct:,} different values"
    return Aim(Task.REGRESSION, Kind.NUMBER, None, because, "rmse", "large misses count most")


def _binary(look: Look) -> Aim:
    counts = dict(look.values)
    _require_rows(look, counts)
    boolean = look.kind is Kind.BOOLEAN or set(counts) == {"0", "1"}
    rarer = min(counts, key=lambda value: counts[value])
    yes = "1" if "1" in counts and boolean else next((one for one in counts if one.casefold() in YES), rarer)
    share = counts[yes] / sum(counts.values())
    because = f"{look.name} has two values, " + " and ".join(
        f"{value} in {count:,} rows" for value, count in counts.items()
    )
    metric = "average_precision" if share < RARE else "roc_auc"
    why = f"{yes} is {share:.1%} of the rows"
    kind = Kind.BOOLEAN if boolean else Kind.CATEGORY
    return Aim(Task.BINARY, kind, True if boolean else yes, because, metric, why)


def _multiclass(look: Look) -> Aim:
    if look.distinct > MOST_CLASSES:
        wrong = f"{look.name!r} has {look.distinct:,} different texts, too many to be classes."
        raise OnboardingError("TARGET", wrong, "Join them into fewer, or name a number.")
    _require_rows(look, dict(look.values))
    because = f"{look.name} has {look.distinct} classes"
    if look.kind is Kind.NUMBER:
        because += "; where 3 lies between 2 and 4, write regression, and kind: number"
    return Aim(Task.MULTICLASS, Kind.CATEGORY, None, because, "roc_auc", "how well each class is told apart")


def _require_rows(look: Look, counts: dict[str, int]) -> None:
    rarest = min(counts, key=lambda value: counts[value])
    if counts[rarest] < FEWEST_ROWS:
        wrong = f"{look.name!r} is {rarest!r} in {counts[rarest]} rows only; each class needs {FEWEST_ROWS}."
        raise OnboardingError("TARGET", wrong, "Give more rows of it, or join it with another class.")
