"""What the mail about a night says, with its pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Picture:
    """A PNG that is shown in the mail; `text` says the same to whoever cannot see it."""

    name: str
    text: str
    content: bytes

    @property
    def cid(self) -> str:
        """The name by which the HTML part refers to it."""
        return f"{self.name}@airlock"


@dataclass(frozen=True)
class AlertLine:
    """One finding of a night: its sentence, how bad it is, the first night in a row that it was found."""

    sentence: str
    how_bad: str
    since: date
    picture: Picture | None = None


@dataclass(frozen=True)
class DriftAlert:
    """To the people on call: a night crossed limits. `next_step` says what now happens by itself.

    `findings` are the worst first, and `more` are not listed; `news` are the incidents that were opened or
    got worse; `advice` is what a person can do. `cause` is the suspected one with its `evidence`, empty where
    none was found. `contests` wait for a person; of the `opinions` that people
    gave that day some are `disagreeing`. `told_late` is what earlier nights brought and no mail could tell.
    """

    title: str
    model: str
    version: int | None
    night: date
    rows: int
    findings: Sequence[AlertLine]
    more: int
    news: Sequence[int]
    contests: int
    opinions: int
    disagreeing: int
    next_step: str
    advice: Sequence[str]
    link: str
    report: str | None
    incidents: str
    rollback: str
    cause: str = ""
    evidence: Sequence[str] = ()
    told_late: Sequence[str] = ()

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """The pictures of its findings."""
        return tuple(finding.picture for finding in self.findings if finding.picture)
