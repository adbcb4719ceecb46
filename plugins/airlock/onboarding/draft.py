"""A draft: everything that a new model's files will say, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from airlock.onboarding.catalogued import Catalogued
from airlock.onboarding.given import MOST_ROWS, Table
from airlock.onboarding.looks import Look
from airlock.onboarding.people import Owner
from airlock.onboarding.roles import Guess, speaks_of_people
from airlock.onboarding.target import Aim
from airlock.onboarding.words import title_of
from airlock.package.labels import label_of
from airlock.spec.columns import Role
from airlock.spec.governance import Limit
from airlock.spec.metrics import METRICS, Task
from airlock.spec.policy import Policy, Tier

#: Where the copy of a file is kept, in the model's folder.
COPY = "data.parquet"
MANY_ROWS = 20_000
#: Where a policy wants groups watched and names no disparity of its own. The first is the four-fifths rule
#: of the EEOC's Uniform Guidelines, 29 CFR 1607.4(D).
FAIRNESS = {
    Task.BINARY: Limit(metric="demographic_parity_ratio", at_least=0.8),
    Task.MULTICLASS: Limit(metric="accuracy_difference", at_most=0.2),
    Task.REGRESSION: Limit(metric="mae_ratio", at_most=1.5),
}
UNKNOWN_LIMIT = "TODO: How good must the answers be in production, at least?"


@dataclass(frozen=True)
class Draft:
    """What is drafted of one model.

    Attributes
    ----------
    called
        How people call the source.
    query
        The SQL that reads it; empty where it is a copied file.
    numbered
        Whether the entity key is the number of the row in the file.
    zoneless
        Whether the event time came without a zone, and was taken for UTC.
    accept
        The findings that would stop a training, by their keys, in words.
    """

    name: str
    called: str
    rows: int
    guesses: tuple[Guess, ...]
    key: str
    aim: Aim
    aim_at: str
    tier: Tier
    policy: Policy
    catalogue: Catalogued
    owner: Owner
    approvers: tuple[str, ...]
    time: str | None = None
    subject: str | None = None
    numbered: bool = False
    zoneless: bool = False
    database: Table | None = None
    query: str = ""
    accept: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """How people call the model."""
        return title_of(self.name)

    @property
    def looked_at(self) -> str:
        """The rows that it is drafted from, in words: of a large table the first only."""
        part = "the first " if self.database is not None and self.rows >= MOST_ROWS else ""
        return f"{part}{self.rows:,} rows"

    @property
    def copied_to(self) -> str:
        """The file in the model's folder that the rows are in."""
        return COPY

    @property
    def key_because(self) -> str:
        """Why this column names the rows."""
        return "the place of the row in the file, which names none" if self.numbered else "one value a row"

    @property
    def people(self) -> tuple[Look, ...]:
        """The columns that speak of people."""
        return tuple(guess.look for guess in self.guesses if speaks_of_people(guess.look))

    @property
    def tier_because(self) -> str:
        """Why this tier was guessed."""
        choice = "How much harm can a wrong answer do: minimal, limited or high?"
        if self.people:
            named = ", ".join(look.name for look in self.people[:3])
            return f"{choice} Guessed, as the rows speak of people ({named})."
        return f"{choice} Guessed, as nothing speaks of people."

    @property
    def classified_because(self) -> str:
        """How the columns were classified."""
        guessed = "Roles are guesses from names and values."
        if self.catalogue.entry:
            return f"Classified as the catalogue's {self.catalogue.name} does. {guessed}"
        if self.people:
            return f"{guessed} All is personal, as rows speak of people: business where a column does not."
        return f"{guessed} So are classifications."

    @property
    def yes(self) -> str:
        """The answer that counts as yes, in words."""
        return label_of(self.aim.positive)

    @property
    def folds(self) -> int:
        """Into how many parts the training rows are cut: fewer where there are many."""
        return 3 if self.rows > MANY_ROWS else 5

    @property
    def floors(self) -> tuple[str, ...]:
        """What the policy asks of every such model, in words."""
        return tuple(map(bound_of, self.policy.limits.get(self.aim.task, ())))

    @property
    def way(self) -> str | None:
        """How a new version comes in, where the policy does not allow all ways."""
        return self.policy.ways[0] if self.policy.ways else None

    @property
    def watched(self) -> bool:
        """Whether the policy wants groups compared in production, and the data have groups and moments."""
        grouped = any(guess.role is Role.PROTECTED for guess in self.guesses)
        return self.policy.fairness is not None and grouped and self.time is not None

    @property
    def performance(self) -> str:
        """The bound that alerts in production, as a spec writes it."""
        limits = self.policy.limits.get(self.aim.task, ())
        own = next((limit for limit in limits if limit.metric in METRICS[self.aim.task]), None)
        return written(own) if own else f'{{metric: {self.aim.metric}, at_least: "{UNKNOWN_LIMIT}"}}'

    @property
    def fairness(self) -> str:
        """The bound on a disparity that alerts in production, as a spec writes it."""
        return written(FAIRNESS[self.aim.task])


def bound_of(limit: Limit) -> str:
    """Return a limit in words.

    >>> bound_of(Limit(metric="roc_auc", at_least=0.65))
    'roc_auc at least 0.65'
    """
    side = f"at least {limit.at_least:g}" if limit.at_least is not None else f"at most {limit.at_most:g}"
    return f"{limit.metric} {side}"


def written(limit: Limit) -> str:
    """Return a limit as a spec writes it.

    >>> written(Limit(metric="mae_ratio", at_most=1.5))
    '{metric: mae_ratio, at_most: 1.5}'
    """
    side, bound = ("at_least", limit.at_least) if limit.at_least is not None else ("at_most", limit.at_most)
    return f"{{metric: {limit.metric}, {side}: {bound:g}}}"
