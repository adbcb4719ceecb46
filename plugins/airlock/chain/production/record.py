"""What the deployment record holds, compared with releases, answers and the audit log."""

from collections.abc import Iterator, Sequence

from airlock.chain.production.difference import Difference
from airlock.chain.production.standing import Standing
from airlock.governance.challengers import Challenger
from airlock.governance.deployments import Deployment


def record_differences(standings: Sequence[Standing]) -> Iterator[Difference]:
    """Yield every champion and challenger that is not proved, and every champion that should be there."""
    for standing in standings:
        if standing.champion and standing.refusal:
            yield _unapproved(standing, standing.champion)
        if standing.champion is None and standing.logged is not None:
            yield _retired(standing, standing.logged)
        if standing.challenger and standing.challenger_refusal:
            yield _unapproved_challenger(standing, standing.challenger)


def _unapproved(standing: Standing, row: Deployment) -> Difference:
    changed = standing.logged == row.id
    back = f"brings version {standing.proven.version} back" if standing.proven else "leaves nothing serving"
    return Difference(
        "unapproved_deployment",
        f"{row.model}/{row.id}",
        row.model,
        f"Deployment {row.id} says that {row.model} version {row.version} serves, and that cannot be proved: "
        f"{standing.refusal} Production does not answer by it"
        f"{', unless it proved it before its records were changed.' if changed else '.'}",
        "The audit log names this very deployment, so its records were changed afterwards. Let whoever owns "
        "the database write them back as the log has them (make audit names them), then run restore."
        if changed
        else f"A restore retires the row and {back}. If the version is to serve, let {row.model}.release ask "
        "for it.",
        restorable=not changed,
        facts=row.facts,
    )


def _retired(standing: Standing, logged: int) -> Difference:
    proven = standing.proven
    return Difference(
        "champion_retired",
        f"{standing.model}/{logged}",
        standing.model,
        f"The record says that nothing serves {standing.model}, and the audit log that deployment {logged} "
        "does: it was retired past Airlock. Production does not answer.",
        f"A restore lets version {proven.version} serve again."
        if proven
        else "Its records were changed or removed as well. Let whoever owns the database write them back as "
        "the log has them (make audit names them), then run restore.",
        restorable=proven is not None,
        facts=proven.facts if proven else {"deployment": logged},
    )


def _unapproved_challenger(standing: Standing, row: Challenger) -> Difference:
    return Difference(
        "unapproved_challenger",
        f"{row.model}/{row.id}",
        row.model,
        f"Challenger {row.id} says that {row.model} version {row.version} runs beside the champion, and that "
        f"cannot be proved: {standing.challenger_refusal}",
        "A restore ends it; the champion goes on answering.",
        restorable=True,
        facts={
            "challenger": row.id,
            "release": row.release_id,
            "version": row.version,
            "package_digest": row.package_digest,
        },
    )
