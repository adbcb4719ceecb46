"""Object storage: files at s3:// addresses, reached by the AWS settings of the environment."""

import os
import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyarrow.fs import S3FileSystem

SCHEME = "s3://"
CONNECT_SECONDS, SILENT_SECONDS, ATTEMPTS = 3, 30, 3

#: What a server says, as the AWS SDK spells it, and what to do about it.
CURES = {
    r"NO_SUCH_BUCKET|BUCKET_NOT_FOUND": "Make the bucket, or correct the address.",
    r"ACCESS_DENIED|INVALID_ACCESS_KEY|SIGNATURE|HTTP status 40[13]|FORBIDDEN|[Cc]redential": "Give "
    "credentials that may list, read, write and delete there: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a "
    "profile, or the machine's own role.",
    r"NETWORK_CONNECTION|REQUEST_TIMEOUT|resolve|connect": "Look whether AWS_ENDPOINT_URL names the server "
    "and the server answers; for AWS itself leave it out and set AWS_REGION.",
}


class WrongAddress(ValueError):
    """An address that names no object, or not surely the one it seems to."""


@cache
def filesystem() -> "S3FileSystem":
    """Return the way to the object storage that this process's environment names."""
    from pyarrow.fs import AwsStandardS3RetryStrategy, S3FileSystem

    return S3FileSystem(
        # pyarrow does not read these itself.
        endpoint_override=os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL"),
        connect_timeout=CONNECT_SECONDS,
        request_timeout=SILENT_SECONDS,
        retry_strategy=AwsStandardS3RetryStrategy(max_attempts=ATTEMPTS),
        allow_delayed_open=True,  # what is small is sent in one request
    )


def path_of(address: str) -> str:
    """Return an address without its scheme, once it can lead nowhere but where it says.

    >>> path_of("s3://bank/loans/2026.parquet")
    'bank/loans/2026.parquet'
    >>> path_of("s3://bank/../other/secret.csv")
    Traceback (most recent call last):
    airlock.object_storage.WrongAddress: the address 's3://bank/../other/secret.csv' has the part '..'. ...
    """
    if not address.startswith(SCHEME):
        raise WrongAddress(f"{address!r} is no address of an object storage. Write s3://<bucket>/<path>.")
    path = address.removeprefix(SCHEME).removesuffix("/")
    for part in path.split("/"):
        if not is_plain(part):
            raise WrongAddress(
                f"the address {address!r} has the part {part!r}. Write s3://<bucket>/<path>, with no part "
                "that is empty, '.' or '..', and without '?', '#', '%' and '\\'."
            )
    return path


def is_plain(part: str) -> bool:
    """Say whether a part of a path is a name that no server, library or disk reads as anything else."""
    return part not in ("", ".", "..") and not re.search(r"[?#%\\/\x00-\x1f]", part)


def cure_of(error: Exception) -> str:
    """Return what may mend an error of the object storage."""
    found = (cure for pattern, cure in CURES.items() if re.search(pattern, str(error)))
    return next(found, "Look at the server's own log.")


def said(error: Exception) -> str:
    """Return what the server said on one line, without the number of the request.

    >>> said(OSError("No such bucket \\n(Request ID: h7q9)."))
    'No such bucket'
    """
    return re.sub(r"\s*\(Request ID: \w*\)", "", " ".join(str(error).split())).rstrip(".")
