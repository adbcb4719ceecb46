"""What the evidence store holds, compared with the digests on record: packages and dossiers in use."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from airlock.chain.production.difference import Difference
from airlock.chain.production.standing import Registered, Standing
from airlock.dossier.errors import DossierError
from airlock.dossier.proof import DOSSIERS, PACKAGE_FOLDER, PACKAGES, prove_dossier
from airlock.store import Store, StoreError


def evidence_differences(standings: Sequence[Standing], store: Store) -> Iterator[Difference]:
    """Yield every package and dossier in use whose bytes are not what their digest says."""
    for standing in standings:
        for candidate in standing.in_use:
            package = _package(candidate, store)
            if package:
                yield package
            if dossier := _dossier(candidate, store, package_is_whole=package is None):
                yield dossier


def copy_package(candidate: Registered, store: Store, into: Path) -> bool:
    """Copy what a candidate's dossier holds of its package, and say whether that is still whole."""
    dossier, package = candidate.dossier_digest, candidate.package_digest
    return dossier is not None and store.salvage(DOSSIERS, dossier, PACKAGE_FOLDER, package, into)


def _package(candidate: Registered, store: Store) -> Difference | None:
    try:
        store.prove(PACKAGES, candidate.package_digest)
    except StoreError as error:
        with store.staging() as folder:
            whole = copy_package(candidate, store, folder / "whole")
        return Difference(
            "package_changed",
            f"{candidate.model}/{candidate.package_digest}",
            candidate.model,
            f"{_name(candidate)}: {error}",
            "A restore puts the copy in its place that the dossier holds, which is whole, and keeps what was "
            "found in the store's folder `changed` for whoever looks into it."
            if whole
            else "Its dossier holds no whole copy either. Restore the evidence store from its backup, then "
            "run restore. Until then nothing is loaded from it.",
            restorable=whole,
            facts={"version": candidate.version, "package_digest": candidate.package_digest},
        )
    return None


def _dossier(candidate: Registered, store: Store, *, package_is_whole: bool) -> Difference | None:
    try:
        if candidate.dossier_digest is None:
            return None
        store.prove(DOSSIERS, candidate.dossier_digest)
        if package_is_whole:
            prove_dossier(
                store,
                candidate.dossier_digest,
                package_digest=candidate.package_digest,
                evidence_digest=candidate.evidence_digest,
            )
    except (StoreError, DossierError) as error:
        return Difference(
            "dossier_changed",
            f"{candidate.model}/{candidate.dossier_digest}",
            candidate.model,
            f"{_name(candidate)}: {error}",
            "Restore the dossier from the backup of the evidence store, then run restore, which proves it "
            "again. Until then it is not shown, and nothing is decided by it.",
            facts={"version": candidate.version, "dossier_digest": candidate.dossier_digest},
        )
    return None


def _name(candidate: Registered) -> str:
    return f"{candidate.model} version {candidate.version}"
