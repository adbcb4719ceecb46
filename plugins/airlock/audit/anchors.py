"""Anchors: the log's newest digests, kept in a file outside the database, one JSON line each.

Who can rewrite the database must also rewrite this file, and the mails that say the same.
"""

import json
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from airlock.audit.finding import Finding
from airlock.digests import canonical_json

DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Anchor:
    """A row's number and digest, as they were at a moment."""

    seq: int
    digest: str
    at: datetime


def write(path: Path, anchor: Anchor) -> None:
    """Append an anchor to the file, which nobody but its owner may read or write, and wait for the disk."""
    line = canonical_json(vars(anchor) | {"at": anchor.at.astimezone(UTC).isoformat()}) + b"\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, line)
        os.fsync(file)
    finally:
        os.close(file)


def read(path: Path) -> tuple[tuple[Anchor, ...], tuple[Finding, ...]]:
    """Return the anchors of a file, and what is wrong with it; where there is no file, there are none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    except (OSError, UnicodeDecodeError) as error:
        return (), (Finding(f"The anchors in {path} cannot be read: {error}."),)
    kept: list[Anchor] = []
    findings = []
    for number, line in enumerate(lines, start=1):
        try:
            kept.append(_anchor(line))
        except (ValueError, KeyError, TypeError, RecursionError):
            findings.append(
                Finding(f"{path}, line {number} is damaged: it is no anchor. A mail to the auditors has it.")
            )
    return tuple(kept), tuple(findings)


def _anchor(line: str) -> Anchor:
    given = json.loads(line)
    anchor = Anchor(given["seq"], given["digest"], datetime.fromisoformat(given["at"]))
    if type(anchor.seq) is not int or anchor.seq < 1 or not DIGEST.fullmatch(anchor.digest):
        raise ValueError("no anchor")
    if len(given) > len(vars(anchor)) or anchor.at.tzinfo is None:
        raise ValueError("no anchor")
    return anchor
