"""The way of a version from its source into production, as a picture of a few boxes."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.engine import RowMapping

from airlock.digests import short
from airlock.spec import ModelSpec
from airlock.spec.data import FileSource, SqlSource
from airlock.ui.queries import History
from airlock.ui.rendering import moment


@dataclass(frozen=True)
class Step:
    """One thing on the way; `place` is where it is traced from, below the pages of lineage, if it is."""

    kind: str
    name: str
    place: str = ""


@dataclass(frozen=True)
class Way:
    """The steps of one version, in the order they were made."""

    version: int
    steps: Sequence[Step]


def way_of(records: History, spec: ModelSpec | None) -> Way | None:
    """Return the way of what serves, or else of the newest version; None where there is neither."""
    serves = records.champion["candidate_id"] if records.champion else None
    chosen = [one for one in records.candidates if one["version"] and serves in (None, one["id"])]
    if not chosen:
        return None
    one = chosen[0]
    steps = [
        *_source(spec),
        Step("Snapshot", short(one["snapshot_digest"]), f"snapshot/{one['snapshot_digest']}"),
        Step("Package", short(one["package_digest"]), f"package/{one['package_digest']}"),
        Step("Version", str(one["version"]), f"version/{one['model']}/{one['version']}"),
    ]
    if one["dossier_digest"]:
        steps.append(Step("Dossier", short(one["dossier_digest"]), f"dossier/{one['dossier_digest']}"))
    return Way(one["version"], [*steps, *_onward(records, one)])


def _source(spec: ModelSpec | None) -> list[Step]:
    if spec is None:
        return []
    source = spec.data.source.kind
    if isinstance(source, SqlSource):
        name = source.connection
    else:
        name = source.path if isinstance(source, FileSource) else source.function
    return [Step("Source", name, f"source/{name}")]


def _onward(records: History, one: RowMapping) -> list[Step]:
    opened = [release for release in records.releases if release["candidate_id"] == one["id"]]
    answered = len(records.answers.get(opened[0]["id"], ())) if opened else 0
    steps = [Step("Approvals", f"{answered} of {opened[0]['people']}")] if opened else []
    if records.champion and records.champion["candidate_id"] == one["id"]:
        steps.append(Step("Serves", f"since {moment(records.champion['deployed_at'])}"))
    return steps
