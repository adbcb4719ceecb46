"""Loading: a package that is whole, about the right model, and answers its own examples as it must."""

from airlock.digests import short
from airlock.package.package import Package, open_package
from airlock.package.predictor import Predictor
from airlock.store import Store

TOLERANCE = 1e-9


class WrongPackage(Exception):
    """A package is whole, and not what the record speaks of."""


def load(store: Store, model: str, package_digest: str) -> Predictor:
    """Return a package's predictor once everything about it is proved.

    Raises
    ------
    StoreError, PackageError
        When it is missing or was changed, or cannot be read.
    WrongPackage
        When it is another model's, or does not answer its own examples as it must.
    """
    package = open_package(store, package_digest)
    if package.signature.model != model:
        raise WrongPackage(f"package {short(package.digest)} is of {package.signature.model}.")
    predictor = Predictor.load(package)
    _prove_answers(package, predictor)
    return predictor


def _prove_answers(package: Package, predictor: Predictor) -> None:
    """Ask for the package's examples: a first answer is slow, and a wrong one must not reach anybody."""
    examples = package.examples()
    answers = predictor.predict([example["features"] for example in examples])
    for example, answer in zip(examples, answers, strict=True):
        if (
            not abs(answer.score - example["score"]) <= TOLERANCE
            or answer.prediction != example["prediction"]
        ):
            raise WrongPackage(
                f"package {short(package.digest)} does not answer its own examples as it must. "
                "Compare the library versions in its provenance.json with those installed."
            )
