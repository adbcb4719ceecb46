"""Origin: where a pipeline comes from that was not trained here."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

#: What evidence and provenance call it.
EXTERNAL = "external"


@dataclass(frozen=True)
class Origin:
    """A version that somebody registered in MLflow by hand.

    Attributes
    ----------
    registered_by
        Who did it, as MLflow was told; nobody has checked that.
    source
        Where MLflow says the version's files are.
    file_digest
        The SHA-256 of the skops file that was loaded.
    """

    version: int
    registered_by: str
    mlflow_run_id: str | None
    source: str
    file_digest: str

    def to_json(self) -> dict[str, Any]:
        """Return the origin as JSON."""
        return asdict(self)


def sentence_of(origin: Mapping[str, Any]) -> str:
    """Return what is not known of a model from elsewhere, for those who decide about it.

    >>> sentence_of({"version": 7, "registered_by": "dana"})[:56]
    'It was not trained here: it is version 7 of MLflow, whic'
    """
    return (
        f"It was not trained here: it is version {origin['version']} of MLflow, which "
        f"{origin['registered_by']} registered by hand, as MLflow was told. Nobody knows what it was trained "
        "on. The held-out rows may have been among them, and then every figure here looks better than the "
        "truth. It was not cross-validated and cannot be trained again."
    )
