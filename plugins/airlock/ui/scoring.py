"""The page of the scoring API: its figures as it tells them itself, and who was answered by the log."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

import httpx
import sqlalchemy as sa
from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import OperationalError

from airlock.governance.tables import predictions
from airlock.settings import database_url, settings
from airlock.ui.figures import Figures, read
from airlock.ui.queries import engine
from airlock.ui.rendering import html

LOG = logging.getLogger(__name__)

HOURS = 24
PATIENCE_SECONDS = 3.0


class NoFigures(Exception):
    """The scoring API gives no figures; says why."""


def scoring_page(request: Request) -> HTMLResponse:
    """Show what the scoring API says of itself, and what it answered in the last hours."""
    url = settings().scoring_url
    figures, trouble = None, ""
    try:
        figures = asked(url)
    except NoFigures as error:
        trouble = str(error)
    return html(
        "scoring", request, url=url, figures=figures, trouble=trouble, usage=_usage_or_none(), hours=HOURS
    )


def asked(url: str) -> Figures | None:
    """Return the figures of the scoring API at an address; None where a proxy before it tells nobody.

    Raises
    ------
    NoFigures
        When it does not answer, or not as the scoring API does.
    """
    try:
        answer = _client().get(f"{url}/metrics")
        if answer.status_code == httpx.codes.NOT_FOUND:
            _client().get(f"{url}/healthz").raise_for_status()
            return None
        return read(answer.raise_for_status().text)
    except httpx.HTTPStatusError as error:
        raise NoFigures(f"it answers with status {error.response.status_code}") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NoFigures(f"it cannot be reached ({type(error).__name__})") from None
    except (ValueError, KeyError):
        raise NoFigures("what it answers are no figures of a scoring API") from None


@cache
def _client() -> httpx.Client:
    """Return what asks, made once: making one reads every certificate that this machine trusts."""
    # No connection is kept: one from before a restart of the scoring API would fail the next look.
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.Client(timeout=PATIENCE_SECONDS, trust_env=False, limits=limits)


def _usage_or_none() -> Sequence[RowMapping] | None:
    """Count what was answered by hour, model, version and client; None if that takes too long."""
    hour = sa.func.date_trunc("hour", predictions.c.scored_at, "UTC").label("hour")
    by = hour, predictions.c.model, predictions.c.version, predictions.c.client
    since = datetime.now(UTC) - timedelta(hours=HOURS)
    query = (
        sa.select(*by, sa.func.count().label("rows"))
        .where(predictions.c.scored_at >= since, predictions.c.source == "api")
        .where(predictions.c.purpose == "decision")
        .group_by(*by)
        .order_by(hour.desc(), *by[1:])
    )
    try:
        with engine(database_url()).connect() as connection:
            return connection.execute(query).mappings().all()
    except OperationalError as error:
        LOG.warning("The usage of the scoring API could not be counted: %s", type(error).__name__)
        return None
