"""What a night is judged by: the spec and the suite of when it was measured first, kept as they were."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airlock.data.suite import SUITE_FILE, Suite, parse_suite, suite_text
from airlock.governance.nights import Night
from airlock.spec import ModelSpec
from airlock.spec.load import SPEC_FILE
from airlock.store import Store

#: Where the rules of nights are kept, by their digest.
KIND = "night_rules"
#: Under what a night's measures name them.
JUDGED_BY = "judged_by"


class RulesUnreadable(Exception):
    """A night was judged by rules that this version of Airlock cannot read."""


@dataclass(frozen=True)
class NightRules:
    """What a night is judged by.

    Attributes
    ----------
    suite_text
        The model's suite file.
    digest
        By which the evidence store knows both.
    first
        Whether they are those of the first time; False for a night of before there was a record of that.
    """

    spec: ModelSpec
    suite_text: str
    digest: str
    first: bool

    def suite(self, models: Path) -> Suite:
        """Return the suite; errors name the file in the models' folder."""
        return parse_suite(self.suite_text, models / self.spec.name / SUITE_FILE)

    def to_json(self) -> dict[str, Any]:
        """Return what the night's measures say of them."""
        return {"rules": self.digest, "spec": self.spec.digest, "first": self.first}


def rules_of(spec: ModelSpec, recorded: Night | None, *, store: Store, models: Path) -> NightRules:
    """Return what judges a night: what judged it first, or the spec and the suite of today, which are kept.

    Parameters
    ----------
    spec
        The model's spec of today.
    recorded
        The night's record, where it was measured before.

    Raises
    ------
    RulesUnreadable
        When this version of Airlock cannot read the spec of then.
    StoreError
        When the rules of then are missing in the evidence store, or were changed.
    """
    if recorded and (judged_by := recorded.measures.get(JUDGED_BY)):
        return _kept(recorded, judged_by, store)
    # The order of a spec's columns counts, and the store sorts the keys of what it keeps: so both are texts.
    texts = {"spec": spec.model_dump_json(), "suite": suite_text(models / spec.name / SUITE_FILE)}
    return NightRules(spec, texts["suite"], store.keep_json(KIND, texts), first=recorded is None)


def _kept(night: Night, judged_by: Mapping[str, Any], store: Store) -> NightRules:
    texts = store.json(KIND, judged_by["rules"])
    try:
        spec = ModelSpec.model_validate({**json.loads(texts["spec"]), "name": night.model})
    except ValueError as error:
        raise RulesUnreadable(
            f"The night {night.night} of {night.model} was judged by a {SPEC_FILE} that this version of "
            f"Airlock cannot read: {error}. What was recorded of the night stays. To measure it again, check "
            "out the code of then."
        ) from error
    return NightRules(spec, texts["suite"], judged_by["rules"], judged_by["first"])
