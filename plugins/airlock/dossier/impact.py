"""The impact assessment in the order of its form, which JSON with sorted keys does not keep."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from airlock.spec.governance import Person
from airlock.spec.impact import Affected, BusinessMetric, Decides, Harm, Impact

#: The forms within the form, by their keys.
FORMS: Mapping[str, type[BaseModel]] = {
    "affected": Affected,
    "harms": Harm,
    "business_metric": BusinessMetric,
    "decides": Decides,
    "assessed_by": Person,
}


def in_order(value: Any, form: type[BaseModel] | None = Impact) -> Any:
    """Return answers in the order of the form; what it does not know comes last.

    >>> in_order({"decides": {"override": "in writing", "who": "a clerk"}, "affected": []})
    {'affected': [], 'decides': {'who': 'a clerk', 'override': 'in writing'}}
    """
    if isinstance(value, list):
        return [in_order(inner, form) for inner in value]
    if not isinstance(value, Mapping):
        return value
    fields = list(form.model_fields) if form else []
    keys = sorted(value, key=lambda key: fields.index(key) if key in fields else len(fields))
    return {key: in_order(value[key], FORMS.get(key)) for key in keys}
