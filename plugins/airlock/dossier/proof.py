"""The proof: a dossier is, to the byte, what its digest, its model and its evidence say."""

from pathlib import Path

from airlock.digests import digest_of_folder, digests_of_folder, short
from airlock.dossier.errors import DossierError
from airlock.store import Store

#: The kinds in the evidence store, and what a dossier holds.
DOSSIERS, PACKAGES = "dossiers", "packages"
EVIDENCE_FILE, PAGE_FILE, PACKAGE_FOLDER = "dossier.json", "dossier.html", "package"


def prove_dossier(store: Store, digest: str, *, package_digest: str, evidence_digest: str) -> Path:
    """Return a dossier's folder, once everything in it is proved anew from its bytes.

    Parameters
    ----------
    store
        Where the dossier and the package are kept.
    digest
        What was approved.
    package_digest, evidence_digest
        What the candidate's record says is in it.

    Raises
    ------
    StoreError
        When the dossier or the package is missing, or one byte of it was changed.
    DossierError
        When the dossier is whole, but holds another model or other evidence than the record says.
    """
    folder = store.folder(DOSSIERS, digest)
    inside = {
        "model": (package_digest, digest_of_folder(folder / PACKAGE_FOLDER)),
        "evidence": (evidence_digest, digests_of_folder(folder).get(EVIDENCE_FILE, "nothing")),
    }
    for what, (recorded, found) in inside.items():
        if found != recorded:
            raise DossierError(
                f"Dossier {short(digest)} holds the {what} {short(found)}, and the candidate's record says "
                f"{short(recorded)}: what was shown is not what would be deployed. Look for who changed the "
                "record, and train again."
            )
    store.folder(PACKAGES, package_digest)
    return folder
