"""What the scoring API really serves and answers, compared with the record and the packages."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx

from airlock.chain.own_client import own_client
from airlock.chain.production.difference import Difference, Kind, unchecked
from airlock.chain.production.standing import Standing
from airlock.chain.smoke import SmokeTestFailed, smoke_test
from airlock.digests import short
from airlock.governance.challengers import Challenger
from airlock.governance.deployments import Deployment
from airlock.package.package import open_package
from airlock.settings import SettingsError
from airlock.store import Store, StoreError

HIDES: tuple[Kind, ...] = ("wrong_answer",)
ANSWER_SECONDS = 10.0
#: What the API says of each model that it serves.
SERVED = ("model", "version", "package_digest", "available", "reason")
MEND = (
    "Production must answer by the record alone. See who changed the scoring API or its environment, start "
    "it again, and read its log where it still answers otherwise. Then run restore, which looks again."
)


def answer_differences(
    standings: Sequence[Standing], store: Store, *, scoring_url: str
) -> Iterator[Difference]:
    """Yield what the scoring API serves or answers otherwise; it is asked for the packages' examples."""
    try:
        serving = _serving(scoring_url)
    except (httpx.HTTPError, SettingsError, ValueError, KeyError, TypeError) as error:
        told = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        yield unchecked(
            "scoring",
            HIDES,
            f"The scoring API ({scoring_url}) does not say what it serves ({told}), so it may answer "
            "otherwise than the record says, or nobody.",
            "Start the scoring API again; its log says more.",
        )
        return
    recorded = {standing.model: standing for standing in standings}
    for model in sorted({*recorded, *serving}):
        standing = recorded.get(model) or Standing(model, {})
        said = serving.get(model)
        told = _wrong(standing, said, store, scoring_url)
        if not told and said is not None:
            told = _wrong_beside(standing, said["challenger"], store, scoring_url)
        if told:
            yield _difference(standing, said, told)


def _serving(scoring_url: str) -> dict[str, Mapping[str, Any]]:
    """Return what the API says that it serves, by model."""
    with own_client(scoring_url, timeout=ANSWER_SECONDS) as client:
        answer = client.get("/v1/models").raise_for_status().json()
    return {entry["model"]: {name: entry[name] for name in (*SERVED, "challenger")} for entry in answer}


def _wrong(standing: Standing, said: Mapping[str, Any] | None, store: Store, scoring_url: str) -> str:
    """Return what is wrong with how a model is served, as the rest of a sentence; empty where it is right."""
    champion = standing.champion
    if champion is None:
        return f"it serves {_named(said)}, and the record says that nothing does" if said else ""
    if standing.refusal and standing.logged == champion.id:
        return ""  # its records were changed after it was proved, which is told as what it is
    serves = f"the record says that {_named(vars(champion))} serves"
    return _held(serves, said, champion, standing.refusal, store, scoring_url, beside=False)


def _wrong_beside(standing: Standing, said: Mapping[str, Any] | None, store: Store, scoring_url: str) -> str:
    challenger = standing.challenger
    if challenger is None:
        return f"beside it runs {_named(said)}, and the record says that nothing does" if said else ""
    runs = f"the record says that {_named(vars(challenger))} runs beside the champion"
    if said and said["share"] != challenger.share:
        return f"{runs} and answers {challenger.share:g} of all, and it answers {said['share']:g}"
    return _held(runs, said, challenger, standing.challenger_refusal, store, scoring_url, beside=True)


def _held(
    says: str,
    said: Mapping[str, Any] | None,
    recorded: Deployment | Challenger,
    refusal: str,
    store: Store,
    scoring_url: str,
    *,
    beside: bool,
) -> str:
    """Hold what the API says and answers against one recorded version."""
    if said is None:
        return f"{says}, and it serves nothing there"
    if (said["version"], said["package_digest"]) != (recorded.version, recorded.package_digest):
        return f"{says}, and it serves {_named(said)}"
    if refusal:
        return f"{says}, which did not come through the airlock, and it answers" if said["available"] else ""
    try:
        package = open_package(store, recorded.package_digest)
    except StoreError:
        return ""  # what is wrong with the package is told as what it is
    if not said["available"]:
        return f"{says}, and it does not answer: {said['reason']}"
    try:
        smoke_test(scoring_url, package, version=recorded.version, beside=beside, patience=0)
    except SmokeTestFailed as failure:
        return f"{says}, and it answers otherwise: {failure}"
    return ""


def _difference(standing: Standing, said: Mapping[str, Any] | None, told: str) -> Difference:
    champion = standing.champion
    return Difference(
        "wrong_answer",
        standing.model,
        standing.model,
        f"The scoring API is asked for {standing.model}: {told.rstrip('.')}.",
        MEND,
        facts={
            "recorded": champion and {"version": champion.version, "package_digest": champion.package_digest},
            "served": said and {name: said[name] for name in ("version", "package_digest", "available")},
        },
    )


def _named(said: Mapping[str, Any]) -> str:
    return f"version {said['version']} (package {short(str(said['package_digest']))})"
