"""Rendering: autoescaped templates, under a policy that lets a page load and run nothing but its own."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from airlock.digests import short
from airlock.settings import settings

ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def moment(value: datetime) -> str:
    """Return a moment in UTC, to the minute.

    >>> moment(datetime(2026, 11, 1, 3, 5, tzinfo=UTC))
    '2026-11-01 03:05'
    """
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"


def figure(value: Any) -> str:
    """Return a metric with the digits that matter; what is no number stays as it is written.

    >>> figure(0.74213), figure(12), figure("NaN")
    ('0.742', '12', 'NaN')
    """
    return f"{value:.3g}" if isinstance(value, float) else str(value)


#: The bar on every page: what a section is called, and the first word of its pages' paths.
SECTIONS = {
    "Models": "",
    "Dossiers": "dossiers",
    "Decisions": "decisions",
    "Incidents": "incidents",
    "Versions": "versions",
    "Scoring": "scoring",
    "Audit": "audit",
}
#: The section of pages that begin otherwise.
BELONGS = {"models": "", "pages": ""}

FILTERS: dict[str, Callable[..., str]] = {"moment": moment, "figure": figure, "short": short}
ENVIRONMENT.filters.update(FILTERS)


def bar(path: str) -> list[tuple[str, str, str]]:
    """Return the sections: name, path, and what aria-current says of it on the page at a path.

    >>> [(name, current) for name, _, current in bar("/models/credit_risk") if current]
    [('Models', 'true')]
    >>> [(name, current) for name, _, current in bar("/audit") if current]
    [('Audit', 'page')]
    """
    first = path.strip("/").partition("/")[0]
    here = BELONGS.get(first, first)
    exactly = path.strip("/") == here
    current = "page" if exactly else "true"
    return [(name, place, current if place == here else "") for name, place in SECTIONS.items()]


def html(
    template: str,
    request: Request,
    status: int = 200,
    *,
    forms: bool = False,
    frames: bool = False,
    **facts: Any,
) -> HTMLResponse:
    """Render a page; `up` leads from it to the first page of Airlock, and `airflow` to Airflow's own.

    Its forms are sent nowhere, or with `forms` to Airflow itself; with `frames` it may show pages of Airlock.
    """
    nonce = secrets.token_urlsafe(16)
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    up = "../" * max(path.count("/") - 1, 0) or "./"
    page = ENVIRONMENT.get_template(f"{template}.html.j2").render(
        **facts, nonce=nonce, bar=bar(path), up=up, airflow=f"{up}../", mlflow=settings().mlflow_url
    )
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; img-src data:; "
        f"frame-src '{'self' if frames else 'none'}'; base-uri 'none'; "
        f"form-action '{'self' if forms else 'none'}'; frame-ancestors 'self'"
    )
    return HTMLResponse(
        page,
        status,
        headers={
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cache-Control": "no-store",
        },
    )
