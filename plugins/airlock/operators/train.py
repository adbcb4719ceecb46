"""TrainOperator: fit one candidate, with a search of its own or as the champion was; or take one in."""

from collections.abc import Mapping, Sequence
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from airlock.operators.assets import retrain_asset
from airlock.operators.base import ModelOperator, database
from airlock.operators.run import RunError, run_of
from airlock.settings import settings
from airlock.spec.training import EXTERNAL, REFIT


class TrainOperator(ModelOperator):
    """
    Fit one candidate on the snapshot's training rows, package it and track it in MLflow.

    Where the run's mode is `refit`, only the champion's candidate is fitted, with exactly the champion's
    parameters; the others are skipped. Where it is `external`, the first task takes in the version of MLflow
    that the param `version` names instead, and the others are skipped.

    :param snapshot: the snapshot's digest.
    :param candidate: the candidate's name in the spec; mapped over all of them.
    """

    template_fields: Sequence[str] = (*ModelOperator.template_fields, "snapshot", "candidate")

    def __init__(self, *, snapshot: str, candidate: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.snapshot = snapshot
        self.candidate = candidate

    def execute(self, context: Context) -> dict[str, Any]:
        from airlock.chain.external import take_in
        from airlock.chain.training import make_candidate

        run = run_of(context, retrain_asset(self.model))
        lineage = run.lineage(self.snapshot)
        if version := version_asked(context):
            self._only_the_first(version)
            return take_in(
                self.spec, version, lineage, store=self.store, engine=database(), models=settings().models
            )
        return make_candidate(
            self.spec,
            self.candidate,
            lineage,
            store=self.store,
            models=settings().models,
            parameters=self._of_champion() if run.mode == REFIT else None,
        )

    def _only_the_first(self, version: int) -> None:
        if self.candidate != next(iter(self.spec.training.candidates)):
            raise AirflowSkipException(f"This run only takes in version {version}, which another task does.")

    def _of_champion(self) -> Mapping[str, Any]:
        """Return the champion's parameters; skip where it is another candidate."""
        from airlock.governance import deployments
        from airlock.package.package import open_package
        from airlock.training.refit import refit_of

        with database().connect() as connection:
            champion = deployments.champion(connection, self.model)
        refit = refit_of(self.spec, open_package(self.store, champion.package_digest) if champion else None)
        if refit.candidate != self.candidate:
            raise AirflowSkipException(f"This run only fits the champion again, which is {refit.candidate}.")
        return refit.parameters


def version_asked(context: Context) -> int | None:
    """Return the version of MLflow that the run is to take in; None where it is to fit something.

    Raises
    ------
    RunError
        When only one of the mode `external` and a version is given.
    """
    mode, version = context["params"].get("mode"), context["params"].get("version")
    if mode == EXTERNAL and version is None:
        raise RunError("version: is empty. Mode external needs the number of a version in MLflow.")
    if mode != EXTERNAL and version is not None:
        raise RunError(
            f"version: is {version}, which only the mode external takes. Empty it, or choose that."
        )
    return version
