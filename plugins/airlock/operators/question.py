"""What an approver reads beside the form, built from the records alone."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from airlock.operators.links import dossier_link, mlflow_run_link, model_link, page_link, run_link

if TYPE_CHECKING:
    from airlock.governance.approvals import Approval
    from airlock.governance.candidates import Candidate


def question(candidate: "Candidate", answers: "Iterable[Approval]", refused: Iterable[str]) -> str:
    """Return the dossier's summary, where to look closer, who answered what, and what did not count."""
    from airlock.dossier.summary import summary
    from airlock.evaluation.escape import escape

    parts = [summary(candidate.evidence), _look_closer(candidate)]
    parts += _listed("Answers so far", (escape(answer.sentence) for answer in answers))
    parts += _listed("Answers that did not count", (escape(reason) for reason in refused))
    return "\n".join(parts)


def _listed(title: str, sentences: Iterable[str]) -> Iterator[str]:
    if lines := [f"- {sentence}" for sentence in sentences]:
        yield "\n".join([f"#### {title}", "", *lines, ""])


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
