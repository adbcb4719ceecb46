"""The credit world as one value: its seed, its size and what happens in it when."""

from dataclasses import dataclass
from datetime import date

from airlock.samples.credit.scenarios import SCENARIOS, Regime


@dataclass(frozen=True)
class Episode:
    """A scenario at work from `start` on, until the day before `end` (None: for good).

    Raises
    ------
    ValueError
        If the scenario is unknown, the end is not after the start, or the strength is outside (0, 1].
    """

    scenario: str
    start: date
    end: date | None = None
    strength: float = 1.0

    def __post_init__(self) -> None:
        if self.scenario not in SCENARIOS:
            raise ValueError(f"unknown scenario {self.scenario!r}; write one of {', '.join(SCENARIOS)}")
        if self.end is not None and self.end <= self.start:
            raise ValueError(
                f"episode {self.scenario}: end {self.end} is not after start {self.start}; "
                "the end is the first day no longer affected"
            )
        if not 0 < self.strength <= 1:
            raise ValueError(
                f"episode {self.scenario}: strength {self.strength} is outside (0, 1]; "
                "write 1 for the full effect"
            )

    def covers(self, day: date) -> bool:
        """Say whether the scenario is at work on a day."""
        return self.start <= day and (self.end is None or day < self.end)


@dataclass(frozen=True)
class World:
    """A lender's world; two equal worlds hold the same applications on every day.

    Parameters
    ----------
    seed : int
        Names the world: customers, applications and outcomes all follow from it.
    applications_per_day : int
        Mean number of applications on a calm day.
    episodes : tuple of Episode
        What happens when; where episodes overlap they apply one after the other.

    Raises
    ------
    ValueError
        If the seed is negative or over 2**63 - 1, or there is not at least one application a day.
    """

    seed: int = 7
    applications_per_day: int = 300
    episodes: tuple[Episode, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**63:
            raise ValueError(f"seed {self.seed} is outside 0..2**63-1; write a whole number such as 7")
        if self.applications_per_day < 1:
            raise ValueError(
                f"applications per day is {self.applications_per_day}; "
                "write a whole number from 1 up, such as 300"
            )

    def regime(self, day: date) -> Regime:
        """Fold the episodes at work on a day into the settings it is drawn under."""
        regime = Regime()
        for episode in self.episodes:
            if episode.covers(day):
                regime = SCENARIOS[episode.scenario](regime, day, episode.strength)
        return regime
