"""OpenReleaseOperator: put a registered candidate before its approvers."""

from typing import TYPE_CHECKING, Any

from airflow.sdk import Context, timezone

from airlock.operators.assets import candidate_asset
from airlock.operators.authority import authorise
from airlock.operators.base import ModelOperator, database
from airlock.operators.links import dossier_link, mlflow_run_link, model_link, page_link, run_link
from airlock.operators.run import event_extra, run_of
from airlock.spec.people import Act

if TYPE_CHECKING:
    from airlock.governance.candidates import Candidate


class OpenReleaseOperator(ModelOperator):
    """Record the release of the candidate that started the run, and return what to decide by."""

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.dossier.summary import summary
        from airlock.governance import candidates, releases

        if context["dag_run"].triggering_user_name:
            authorise(context, Act.RELEASE)
        event = event_extra(context, candidate_asset(self.model))
        with database().begin() as connection:
            candidate = candidates.to_release(
                connection, self.model, context["params"].get("version") or event.get("version")
            )
            release = releases.open_release(
                connection,
                candidate=candidate,
                dag_run_id=run_of(context).run_id,
                people=self.spec.approval.people,
                opened_at=timezone.utcnow(),
            )
        return {
            "release": release.id,
            "version": candidate.version,
            "summary": f"{summary(candidate.evidence)}\n{_look_closer(candidate)}",
            "dossier_digest": release.dossier_digest,
        }


def _look_closer(candidate: "Candidate") -> str:
    model = candidate.model
    places = {
        "What the suite found in the data": page_link(
            f"{model}/validations/{candidate.snapshot_digest}.html"
        ),
        "The training in Airflow": run_link(f"{model}.train", candidate.dag_run_id),
        "The training in MLflow": mlflow_run_link(candidate.mlflow_run_id),
        "The model's history": model_link(model),
    }
    links = " · ".join(f"[{name}]({link})" for name, link in places.items())
    return (
        f"#### [Read the whole dossier]({dossier_link(candidate.dossier)})\n\n"
        f"Your answer stands for the dossier `{candidate.dossier}`, model included: what is deployed must "
        f"have this digest.\n\n{links}\n"
    )
