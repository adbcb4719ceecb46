"""ReleaseStepOperator: what the steps of a release have in common."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import Context, timezone
from airflow.sdk.exceptions import AirflowFailException

from airlock.operators.base import ModelOperator, database
from airlock.operators.run import name_of_run, person_of, run_of
from airlock.settings import settings

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

    def records(
        self, connection: "Connection", context: Context, *, lock: bool = False
    ) -> tuple["Release", "Candidate"]:
        """Return the release and the candidate it is about; `lock` keeps the release as it is.

        Raises
        ------
        AirflowFailException
            When this run has not opened it: whoever may edit an XCom could name another one. That is logged.
        """
        from airlock.governance import candidates, releases

        run = run_of(context)
        release = releases.find(connection, int(self.release), lock=lock)
        candidate = candidates.find(connection, release.candidate_id) if release else None
        if release is None or candidate is None:
            raise AirflowFailException(f"Release {self.release} of {self.model} is not on record.")
        if (release.model, release.dag_run_id) != (self.model, run.run_id):
            because = (
                f"Release {release.id} was opened by {release.run}, and not by {name_of_run(run)}: "
                f"what the task open returned was changed. Look for who did, and trigger {run.dag_id} again."
            )
            refuse_deployment(context, self.model, because, release=release.id)
            raise AirflowFailException(because)
        return release, candidate

    def refuse_what_waited_too_long(
        self, connection: "Connection", release: "Release", candidate: "Candidate"
    ) -> None:
        """Ask again what was asked when the release was opened: people may have taken days to answer.

        Raises
        ------
        DeploymentRefused
            When the candidate is too old by now, the tier was lowered, or what serves now takes more people
            than the release asks for.
        """
        from airlock.chain.opening import obstacles
        from airlock.governance import candidates, deployments
        from airlock.governance.passage import DeploymentRefused

        champion = deployments.champion(connection, self.model)
        serving = candidates.find(connection, champion.candidate_id) if champion else None
        now, include = timezone.utcnow(), settings().include
        for reason in obstacles(include, self.spec, candidate, serving, now, people=release.people):
            raise DeploymentRefused(reason)


def refuse_deployment(context: Context, model: str, because: str, **facts: Any) -> None:
    """Write into the audit log, whatever becomes of other transactions, that something was kept out."""
    from airlock.governance import audit_log

    run = run_of(context)
    with database().begin() as connection:
        audit_log.append(
            connection,
            "deployment_refused",
            actor=person_of(context["dag_run"]) or run.dag_id,
            at=timezone.utcnow(),
            model=model,
            run=name_of_run(run),
            facts=facts | {"reason": because},
        )
