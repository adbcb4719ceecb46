"""The chain: whether every row of the log is there, in its place, as it was written.

What cannot be found: rows after the newest anchor that the owner of the database rewrites consistently, up to
the head, where no record contradicts them (`airlock.audit.records`). docs/audit.md says what to do about it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from airlock.audit.anchors import Anchor
from airlock.audit.finding import Finding, named, span
from airlock.governance.audit_log import GENESIS, Entry, Head

#: How far from its place a row is looked for by its digest.
NEARBY = 100
#: After so many findings rows are looked for no more: somebody changed them all.
MOST_SEARCHED = 100

BEGINNING = Entry(0, datetime.min.replace(tzinfo=UTC), "", "", None, None, {}, "", GENESIS)


@dataclass(frozen=True)
class Verification:
    """What was verified: how many rows, up to which, the newest anchor that holds, and what is wrong."""

    rows: int
    head: Head
    anchored: int
    findings: tuple[Finding, ...]


def verify(entries: Iterable[Entry], head: Head | None, anchors: Iterable[Anchor]) -> Verification:
    """Hold the rows against their digests, their links, the head and the anchors, in constant memory.

    A row that was changed is one finding: the rows after it are held against what they say of it.
    """
    walk = _Walk(anchors)
    for entry in entries:
        walk.step(entry)
    walk.end(head)
    return Verification(walk.rows, Head(walk.last.seq, walk.last.digest), walk.sound, tuple(walk.findings))


class _Walk:
    """A walk along the log: the row before, how far rows lie from their places, and what was found."""

    def __init__(self, anchors: Iterable[Anchor]) -> None:
        self.anchors: defaultdict[int, set[Anchor]] = defaultdict(set)
        for anchor in anchors:
            self.anchors[anchor.seq].add(anchor)
        self.rows = 0
        self.last = BEGINNING
        self.shift = 0  # by how much rows were numbered higher when they were hashed
        self.sound = 0  # the newest row that an anchor proves
        self.doubted = False  # whether something is wrong with the row before
        self.findings: list[Finding] = []

    def step(self, entry: Entry) -> None:
        found = len(self.findings)
        gap = self._gap(entry)
        shift = self._shift_of(entry)
        if shift is None:
            self._tell(f"{named(entry)} was changed: its digest is not that of what it says.", entry.seq)
        elif shift not in (0, self.shift):
            self._tell_moved(entry, shift)
        elif not gap and not self.doubted and entry.previous != self.last.digest:
            self._tell_broken(entry)
        if shift is not None:
            self.shift = shift
            self._hold_against_file(entry)
        self.doubted = len(self.findings) > found
        self._hold_against_anchors(entry)
        self.rows, self.last = self.rows + 1, entry

    def end(self, head: Head | None) -> None:
        last = self.last.seq
        if head is None:
            self._tell("The head of the log is missing: somebody removed it.")
        elif head.seq > last:
            self._tell(
                f"{span(last + 1, head.seq)} were cut off at the end: the head knows {head.seq} rows.",
                last + 1,
                head.seq,
            )
        elif head.seq < last:
            self._tell(
                f"{span(head.seq + 1, last)} were inserted past the trigger, or the head was changed: it "
                f"knows {head.seq} rows.",
                head.seq + 1,
                last,
            )
        elif head.digest != self.last.digest and not self.doubted:
            self._tell(
                f"The head was changed, or one of {span(self.sound + 1, last)} was rewritten with all after "
                "it: the head has another digest than the last row.",
                self.sound + 1,
                last,
            )
        known = max(last, head.seq if head else 0)
        if beyond := max((seq for seq in self.anchors if seq > known), default=None):
            self._tell(
                f"{span(last + 1, beyond)} were cut off at the end: row {beyond} was anchored.",
                last + 1,
                beyond,
            )

    def _gap(self, entry: Entry) -> int:
        expected = self.last.seq + 1
        if entry.seq > expected:
            missing = span(expected, entry.seq - 1)
            self._tell(f"{missing} removed: {named(entry)} comes next.", expected, entry.seq - 1)
        elif entry.seq < expected:
            self._tell(f"{named(entry)} was inserted: row {expected} should stand there.", entry.seq)
        return entry.seq - expected

    def _shift_of(self, entry: Entry) -> int | None:
        """Return how much higher the row was numbered when it was hashed; None when it was changed."""
        likely = [0, self.shift]
        if len(self.findings) < MOST_SEARCHED:
            likely += [sign * far for far in range(1, NEARBY + 1) for sign in (1, -1)]
        for shift in likely:
            if replace(entry, seq=entry.seq + shift).true_digest == entry.digest:
                return shift
        return None

    def _tell_moved(self, entry: Entry, shift: int) -> None:
        was = entry.seq + shift
        what = "removed" if shift > 0 else "inserted"
        self._tell(
            f"{named(entry)} was row {was} when it was hashed: rows before it were {what}, or reordered.",
            min(entry.seq, was),
            max(entry.seq, was),
        )

    def _tell_broken(self, entry: Entry) -> None:
        if self.last is BEGINNING:
            self._tell(f"{named(entry)} does not begin the log: it was rewritten, or moved here.", entry.seq)
            return
        self._tell(
            f"{named(self.last)} was rewritten or inserted: row {entry.seq} was hashed over another row.",
            self.last.seq,
        )

    def _hold_against_anchors(self, entry: Entry) -> None:
        for anchor in self.anchors.get(entry.seq, ()):
            if anchor.digest == entry.digest:
                self.sound = entry.seq
                continue
            first = min(self.sound + 1, entry.seq)
            self._tell(
                f"{span(first, entry.seq)}, or some of them, were rewritten: {named(entry)} had the digest "
                f"{anchor.digest} when it was anchored at {anchor.at:%Y-%m-%d %H:%M} UTC.",
                first,
                entry.seq,
            )

    def _hold_against_file(self, entry: Entry) -> None:
        if entry.act != "log_anchored" or not isinstance(entry.facts, Mapping):
            return
        seq, digest = entry.facts.get("seq"), entry.facts.get("digest")
        kept = self.anchors.get(seq, ()) if isinstance(seq, int) else ()
        if not any((anchor.digest, anchor.at) == (digest, entry.at) for anchor in kept):
            self._tell(
                f"The anchor of row {seq} was removed or changed: {named(entry)} says that it was written "
                f"with the digest {digest}. The auditors were mailed it.",
                seq,
            )

    def _tell(self, sentence: str, first: int | None = None, last: int | None = None) -> None:
        said = sentence[0].upper() + sentence[1:]
        self.findings.append(Finding(said, first, first if last is None else last))
