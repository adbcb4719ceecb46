"""Digests: the names by which data, models and evidence are known and proved."""

import hashlib
import json
from pathlib import Path
from typing import Any

CHUNK = 1 << 20
#: Stands for whatever is no file of its own below a folder: its content could be changed from elsewhere.
FOREIGN = "neither a file nor a folder"


def canonical_json(value: Any) -> bytes:
    """Return `value` as the one JSON text that equal values share: sorted keys, no spaces, no NaN.

    Raises
    ------
    ValueError
        When `value` holds a NaN or an infinity, which JSON cannot say.
    TypeError
        When `value` holds something JSON has no type for.

    Examples
    --------
    >>> canonical_json({"b": 1, "a": [1.5, None]})
    b'{"a":[1.5,null],"b":1}'
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def digest_of(value: Any) -> str:
    """Return the SHA-256 of a JSON value in canonical form, as 64 hexadecimal digits.

    >>> digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
    True
    """
    return hashlib.sha256(canonical_json(value)).hexdigest()


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, read in pieces, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def digests_of_folder(folder: Path) -> dict[str, str]:
    """Return the digest of every file below `folder`, by its path relative to it.

    A link is not followed, and neither it nor anything else that can be opened passes for what it leads to.
    """
    inside = [path for path in sorted(folder.rglob("*")) if path.is_symlink() or not path.is_dir()]
    return {
        path.relative_to(folder).as_posix(): digest_of_file(path)
        if path.is_file() and not path.is_symlink()
        else FOREIGN
        for path in inside
    }


def short(digest: str) -> str:
    """Return the first twelve digits, for people to read.

    >>> short("0123456789abcdef")
    '0123456789ab'
    """
    return digest[:12]


def digest_of_folder(folder: Path) -> str:
    """Return one digest for a folder: that of its files' digests by relative path."""
    return digest_of(digests_of_folder(folder))
