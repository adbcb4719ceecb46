"""docs/spec.md: every key of the files in include/ that people write, from the objects that read them.

`python -m airlock.spec.reference` writes the file; `make docs` runs it.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from annotated_types import Ge, Gt, Le, Len, Lt, MinLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from airlock.settings import ROOT
from airlock.spec.catalogue import FOLDER as CATALOGUE_FOLDER
from airlock.spec.catalogue import Entry
from airlock.spec.columns import TAKEN_NAMES, Classification, Kind, Role
from airlock.spec.impact import IMPACT_FILE, Impact
from airlock.spec.metrics import MEASURES, METRICS, RELATIVE, Task
from airlock.spec.model import ModelSpec
from airlock.spec.people import PEOPLE_FILE, People
from airlock.spec.policy import Policy, Tier
from airlock.spec.typenames import sections_in, type_name

FILE = ROOT / "docs" / "spec.md"

INTRODUCTION = """# The spec: model.yaml, the policies, the catalogue, the impact assessment and the people

<!-- Written by `make docs` from plugins/airlock/spec. Change the descriptions there. -->

`include/models/<name>/model.yaml` says everything about one model. The folder's name is the model's name:
small letters, digits and underscores. Each file is checked whenever Airflow reads the Dags; what is wrong
with it stands under *Import Errors* with file, key, fault and cure, and breaks this model's Dags only. A
key that is not listed here, or is written twice, is refused.

Lengths of time are a whole number and a unit: `45s`, `30m`, `12h`, `90d`, `2w`. Schedules are five cron
fields in numbers (`"0 3 * * *"`: every day at 03:00 UTC), or one of @hourly, @daily, @weekly, @monthly. A
key without a default must be written.

How to write a source, and the suite of expectations beside it, is in [data.md](data.md); how to write the
catalogue and the impact assessment is in [admission.md](admission.md); who may do what is in
[roles.md](roles.md).
"""

POLICIES = f"""## The policies

`include/policies/<tier>.yaml`, one for each of {", ".join(f"`{tier}`" for tier in Tier)}, says what the
organisation demands of every model of that tier. It is a floor: a spec may ask for more, and one that asks
for less is refused. The policy's limits are added to the spec's own.
"""

IMPACT = f"""## The impact assessment

`include/models/<name>/{IMPACT_FILE}` is read before a model is trained. Each key may be left away but those
that the policy of the model's tier names under `impact`; what is written must answer something (not `TODO`).
"""

CATALOGUE = f"""## The catalogue

`include/{CATALOGUE_FOLDER}/<name>.yaml` describes one data source for the whole organisation. A spec names it
in `data.catalogue`, and is held against it before the model is trained.
"""

PEOPLE = f"""## The people

`include/{PEOPLE_FILE}` says who is who, for all models: a model's approvers are named there, and whoever
starts a run by hand must have a role for it.
"""

NAMES = f"""A feature may not be called {", ".join(f"`{name}`" for name in TAKEN_NAMES)}:
the prediction log has columns of these names.
"""

MEANINGS: dict[type[StrEnum], dict[str, str]] = {
    Role: {
        "feature": "reaches the estimator",
        "protected": "a person's group; kept beside the rows to compare groups, never seen by the estimator",
        "identifier": "names the row's thing or person",
        "event_time": "when the row's event happened, with its time zone",
        "target": "what is to be predicted",
        "ignored": "in the source, and never read",
    },
    Kind: {
        "number": "a finite number; missing is allowed",
        "category": "one of several texts; missing is allowed",
        "boolean": "true or false; missing is allowed",
    },
    Classification: {
        "personal": "says something about a person",
        "sensitive": "harms a person when it becomes known: health, origin, belief",
        "strategic": "harms the organisation when it becomes known",
        "business": "anything else",
    },
}


def reference() -> str:
    """Return docs/spec.md."""
    parts = [
        INTRODUCTION,
        *_sections("", ModelSpec, "model.yaml"),
        *(_words(words, meanings) for words, meanings in MEANINGS.items()),
        NAMES,
        _metrics(),
        POLICIES,
        *_sections("", Policy, "policies/&lt;tier&gt;.yaml"),
        IMPACT,
        *_sections("", Impact, IMPACT_FILE),
        CATALOGUE,
        *_sections("", Entry, "catalogue/&lt;name&gt;.yaml"),
        PEOPLE,
        *_sections("", People, PEOPLE_FILE),
    ]
    return "\n".join(parts)


def _sections(key: str, section: type[BaseModel], title: str) -> Iterator[str]:
    """Yield a table of the section's keys, then the sections below it, in the order of the file."""
    fields = {name: field for name, field in section.model_fields.items() if not field.exclude}
    rows = [(f"`{name}`", *_cells(field)) for name, field in fields.items()]
    lead = " ".join((section.__doc__ or "").split())
    yield f"## {title}\n\n{lead}\n\n{_table(('key', 'type', 'default', 'meaning'), rows)}"
    for name, field in fields.items():
        for suffix, inner in sections_in(field.annotation):
            path = f"{key}.{name}{suffix}".lstrip(".")
            yield from _sections(path, inner, f"`{path}`")


def _cells(field: FieldInfo) -> tuple[str, str, str]:
    bounds = [text for one in field.metadata if (text := _bound(one))]
    kind = ", ".join([type_name(field.annotation, field.metadata), *bounds])
    return kind, _default(field), field.description or ""


def _bound(metadata: Any) -> str:
    match metadata:
        case Ge(ge=least):
            return f"at least {least}"
        case Gt(gt=less):
            return f"above {less}"
        case Le(le=most):
            return f"at most {most}"
        case Lt(lt=more):
            return f"below {more}"
        case MinLen(min_length=number) | Len(min_length=number) if number:
            return "not empty" if number == 1 else f"at least {number}"
    return ""


def _default(field: FieldInfo) -> str:
    default = field.default
    if field.is_required():
        return ""
    if default is None or default in ((), {}, ""):
        return "none"
    if isinstance(default, BaseModel):
        return "its defaults"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _words(words: type[StrEnum], meanings: Mapping[str, str]) -> str:
    title = f"## The words for `{words.__name__.lower()}`"
    return f"{title}\n\n{_table(('word', 'meaning'), [(f'`{word}`', meanings[word]) for word in words])}"


def _metrics() -> str:
    beyond = {
        task: {name: better for name, better in MEASURES[task].items() if name not in METRICS[task]}
        for task in Task
    }
    return f"""## The metrics of each task

Training is selected, candidates are compared and production is judged by these. A tolerance on
{", ".join(f"`{name}`" for name in RELATIVE)} is a share of the champion's own figure.

{_named(METRICS)}
## What else a gate may limit

`gates.limits` and the policies' limits may speak of the metrics and of these: disparities between protected
groups, proxies, slices, robustness, exposure of training data and latency.

{_named(beyond)}"""


def _named(of_tasks: Mapping[Task, Mapping[str, str]]) -> str:
    rows = [
        (f"`{task}`", ", ".join(f"`{name}` ({better} is better)" for name, better in names.items()))
        for task, names in of_tasks.items()
    ]
    return _table(("task", "names"), rows)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main(file: Path = FILE) -> int:
    """Write the file."""
    file.write_text(reference(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
