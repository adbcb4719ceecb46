"""Findings: what is wrong with the log, and with which of its rows."""

from dataclasses import dataclass

from airlock.governance.audit_log import Entry


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, in a sentence; `first` and `last` are the numbers of the rows it is about."""

    sentence: str
    first: int | None = None
    last: int | None = None

    def names(self, seq: int) -> bool:
        """Say whether a row is among those that the finding is about."""
        return self.first is not None and self.last is not None and self.first <= seq <= self.last


def about(entry: Entry, sentence: str) -> Finding:
    """Return a finding about one row."""
    return Finding(sentence, entry.seq, entry.seq)


def named(entry: Entry) -> str:
    """Return a row as sentences speak of it: its number, what it says was done, by whom and when."""
    return f"row {entry.seq} ({entry.act}, {entry.actor}, {entry.at:%Y-%m-%d %H:%M:%S} UTC)"


def span(first: int, last: int) -> str:
    """Return the numbers of several rows.

    >>> span(3, 3), span(3, 5)
    ('row 3', 'rows 3 to 5')
    """
    return f"row {first}" if first == last else f"rows {first} to {last}"
