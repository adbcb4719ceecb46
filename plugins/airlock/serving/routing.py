"""Routing: which entities a challenger answers. Pure, and the same in every process."""

from hashlib import blake2b

#: How many places there are: as many as a double tells apart between 0 and 1.
BITS = 53


def place(model: str, release_id: int, key: str) -> float:
    """Return where an entity stands between 0 and 1 while a release runs beside the champion.

    The place is the first 53 bits of a BLAKE2b hash, so it is spread evenly, and another release finds the
    same entities at other places.

    Examples
    --------
    >>> round(place("credit_risk", 7, "application-1"), 4)
    0.7128
    """
    said = "\0".join((model, str(release_id), key)).encode(errors="surrogatepass")
    return (int.from_bytes(blake2b(said, digest_size=8).digest(), "big") >> (64 - BITS)) / 2**BITS


def is_challengers(share: float, model: str, release_id: int, key: str) -> bool:
    """Say whether an entity is the challenger's: once it is at a share, it is at every larger one.

    Examples
    --------
    >>> [is_challengers(share, "credit_risk", 7, "application-7") for share in (0, 0.1, 0.5, 1)]
    [False, False, True, True]
    """
    return place(model, release_id, key) < share
