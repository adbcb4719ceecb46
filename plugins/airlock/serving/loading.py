"""Loading: a package that is whole, about the right model, and answers its own examples as it must."""

from airlock.digests import short
from airlock.package.answers import Answering
from airlock.package.examples import first_unexpected
from airlock.package.package import Package, open_package
from airlock.package.scorer import Scorer
from airlock.store import Store


class WrongPackage(Exception):
    """A package is whole, and not what the record speaks of."""


def load(store: Store, model: str, package_digest: str) -> Answering:
    """Return a package's portable form, or the original where it has none, once all about it is proved.

    Raises
    ------
    StoreError, PackageError
        When it is missing or was changed, or cannot be read.
    WrongPackage
        When it is another model's, or does not answer its own examples as it must.
    """
    return answering_of(open_package(store, package_digest), model)


def answering_of(package: Package, model: str) -> Answering:
    """Return what answers by a whole package: as `load`, once it is opened.

    Raises
    ------
    PackageError, WrongPackage
        As `load`.
    """
    if package.signature.model != model:
        raise WrongPackage(f"package {short(package.digest)} is of {package.signature.model}.")
    answering = _loaded(package)
    _prove_answers(package, answering)
    return answering


def _loaded(package: Package) -> Answering:
    if package.is_portable:
        return Scorer.load(package)
    from airlock.package.predictor import Predictor  # which needs much memory, so only where it must be

    return Predictor.load(package)


def _prove_answers(package: Package, answering: Answering) -> None:
    """Ask for the package's examples: a first answer is slow, and a wrong one must not reach anybody."""
    answers = answering.predict([example["features"] for example in package.examples()])
    if first_unexpected(package, [(answer.score, answer.prediction) for answer in answers]) is not None:
        raise WrongPackage(
            f"package {short(package.digest)} does not answer its own examples as it must. "
            "Compare the library versions in its provenance.json with those installed."
        )
