"""Lines: a row of the prediction log under its checksum, so that what was torn is known."""

from collections.abc import Iterable
from zlib import crc32

#: Eight hexadecimal digits and a blank.
PREFIX = 9


def sealed(lines: Iterable[str]) -> bytes:
    r"""Return lines of COPY as the spool keeps them.

    Examples
    --------
    >>> sealed(["L1\t0.5\n", "L2\t0.25\n"])
    b'5cedcee9 L1\t0.5\n872497a5 L2\t0.25\n'
    """
    encoded = [line.encode() for line in lines]
    return b"".join([b"%08x %b" % (crc32(line), line) for line in encoded])


def opened(kept: bytes) -> bytes | None:
    r"""Return the line of COPY in a line of the spool; None where it is not what was written.

    Examples
    --------
    >>> opened(b"5cedcee9 L1\t0.5\n"), opened(b"5cedcee9 L1\t0.6\n"), opened(b"5ced")
    (b'L1\t0.5\n', None, None)
    """
    line = kept[PREFIX:]
    return line if line.endswith(b"\n") and kept[:PREFIX] == b"%08x " % crc32(line) else None
