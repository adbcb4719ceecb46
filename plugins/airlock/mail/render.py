"""Rendering an e-mail: one subject, and the same content as plain text and as HTML."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError, select_autoescape

from airlock.mail.facts import FACTS, DriftAlert, Facts, Picture
from airlock.mail.words import FILTERS
from airlock.settings import settings

#: Line breaks and other control characters: in a header they would start another header.
CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


class MailError(Exception):
    """An e-mail cannot be rendered."""


@dataclass(frozen=True)
class Mail:
    """An e-mail without its addresses; its HTML shows the pictures by their `cid`."""

    subject: str
    text: str
    html: str
    link: str
    pictures: tuple[Picture, ...] = ()


def render(template: str, **facts: Any) -> Mail:
    """Render include/templates/mail/<template> with exactly the facts that `airlock.mail.facts` lists for it.

    Raises
    ------
    MailError
        When the template or a fact is unknown, a fact is missing, or the subject would hold a line break.
    """
    checked = _checked(template, facts)
    given = {"facts": checked}
    environment = _environment(settings().templates / "mail")
    try:
        text = environment.get_template(f"{template}.txt.j2").make_module(given)
        subject = str(vars(text)["subject"])
        html = environment.get_template(f"{template}.html.j2").render({**given, "subject": subject})
    except TemplateError as error:
        raise MailError(
            f"{template}: the template does not render: {error}. Mend it in {environment.loader}."
        ) from error
    pictures = checked.pictures if isinstance(checked, DriftAlert) else ()
    return Mail(_header(template, subject), str(text).strip() + "\n", html, checked.link, pictures)


def _checked(template: str, facts: dict[str, Any]) -> Facts:
    if template not in FACTS:
        raise MailError(f"There is no mail called {template!r}. Known ones: {', '.join(FACTS)}.")
    try:
        return FACTS[template](**facts)
    except TypeError as error:
        raise MailError(
            f"{template}: {error}. Give exactly the fields of {FACTS[template].__name__}."
        ) from None


def _header(template: str, subject: str) -> str:
    if CONTROL.search(subject):
        raise MailError(
            f"{template}: the subject {subject!r} holds a line break or a control character, which would "
            "forge a mail header. Remove it from the title or the name that it came from."
        )
    return subject


@cache
def _environment(folder: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=select_autoescape(("html.j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(FILTERS)
    return environment
