"""ReleaseStepOperator: what the steps of a release have in common."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException

from airlock.operators.base import ModelOperator

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from airlock.governance.candidates import Candidate
    from airlock.governance.releases import Release


class ReleaseStepOperator(ModelOperator):
    """
    A step of one release.

    :param release: the release's id.
    """

    template_fields: Sequence[str] = (*ModelOperator.template_fields, "release")

    def __init__(self, *, release: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.release = release

    def records(self, connection: "Connection") -> tuple["Release", "Candidate"]:
        """Return the release and the candidate it is about."""
        from airlock.governance import candidates, releases

        release = releases.find(connection, int(self.release))
        candidate = candidates.find(connection, release.candidate_id) if release else None
        if release is None or candidate is None:
            raise AirflowFailException(f"Release {self.release} of {self.model} is not on record.")
        return release, candidate
