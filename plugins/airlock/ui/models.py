"""The models page and the page of one model."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse

from airlock.settings import database_url, settings
from airlock.spec import ModelSpec, SpecError, load_model, model_names
from airlock.spec.load import SPEC_FILE
from airlock.spec.people import PEOPLE_FILE
from airlock.ui.answer_courses import estimates, fairness, groups
from airlock.ui.charts import charts
from airlock.ui.courses import business, holdout, outcomes, service
from airlock.ui.drift_map import drift_map
from airlock.ui.incidents import open_incidents, open_of
from airlock.ui.life import life
from airlock.ui.life_line import life_line
from airlock.ui.queries import MOST_EVENTS, NEWEST, NEWEST_NIGHTS, Newest, engine, history, newest_of_all
from airlock.ui.rendering import html
from airlock.ui.voices import voices
from airlock.ui.way import way_of

MOST_PROBLEMS = 3


@dataclass(frozen=True)
class Known:
    """A model as include/models has it: its spec, or the problems that make it unusable."""

    name: str
    spec: ModelSpec | None
    problems: tuple[str, ...]

    @property
    def dags(self) -> tuple[str, ...]:
        """The kinds of Dag it has."""
        if self.spec is None:
            return ()
        return (
            "train",
            "release",
            *(("score",) if self.spec.deployment.batch else ()),
            "monitor",
            "inquire",
            "contest",
        )


def models_page(request: Request) -> HTMLResponse:
    """Show every model of include/models: what serves, what waits, and how the last night was."""
    names = model_names(settings().models)
    with engine(database_url()).connect() as connection:
        newest = newest_of_all(connection)
        incidents = open_incidents(connection)
    rows = [(known(name), newest.get(name, Newest())) for name in names]
    gone = sorted(model for model, records in newest.items() if model not in names and records.champion)
    return html("models", request, rows=rows, gone=gone, incidents=incidents, most_problems=MOST_PROBLEMS)


def model_page(request: Request, name: str) -> HTMLResponse:
    """Show one model: its life, how good it was over time, its nights, and every record of it."""
    found = known(name) if name in model_names(settings().models) else Known(name, None, ())
    with engine(database_url()).connect() as connection:
        records = history(connection, name)
        said = voices(connection, name)
        incidents = open_of(connection, name)
    if not (found.spec or found.problems or records.candidates):
        raise HTTPException(404, f"There is no model {name}: include/models has no such folder.")
    reached = holdout(records.candidates, found.spec)
    courses = {
        "Outcomes": outcomes(records.nights, found.spec),
        "Estimate before outcomes": estimates(records.nights),
        "Protected groups": fairness(records.nights, found.spec),
        "Business": business(records.nights),
        "Scoring API": service(records.nights),
    }
    limits = {"newest": NEWEST, "newest_nights": NEWEST_NIGHTS, "most_events": MOST_EVENTS}
    return html(
        "model",
        request,
        model=found,
        records=records,
        line=life_line(records, datetime.now(UTC)),
        life=life(records.acts, said.contests),
        way=way_of(records, found.spec),
        drift=drift_map(records.nights, found.spec),
        nightly=[(title, course, charts(course)) for title, course in courses.items()],
        reached=reached,
        promised=charts(reached),
        groups=groups(records.nights),
        incidents=incidents,
        said=said,
        limits=limits,
    )


def known(name: str) -> Known:
    """Return a model of include/models, broken or not."""
    here = settings()
    people, policies = here.include / PEOPLE_FILE, sorted(here.policies.glob("*.yaml"))
    files = (here.models / name / SPEC_FILE, people, *policies)
    return _known(
        here.include, name, tuple((file.name, file.stat().st_mtime_ns) for file in files if file.is_file())
    )


@lru_cache(maxsize=1024)
def _known(include: Path, name: str, written: tuple[tuple[str, int], ...]) -> Known:
    """Read a spec once for each time that it, a policy or the list of people was `written`."""
    try:
        return Known(name, load_model(include, name), ())
    except SpecError as error:
        return Known(name, None, tuple(str(problem) for problem in error.problems))
