"""Sending mail once, through Airflow's SMTP connection, and saying an alert by other notifiers as well."""

from collections.abc import Iterable
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import Context, timezone

from airlock.operators.base import database
from airlock.operators.notifying import notify_once

if TYPE_CHECKING:
    from airlock.mail.render import Mail
    from airlock.spec import ModelSpec


def mail_once(key: str, to: Iterable[str], template: str, **facts: Any) -> bool:
    """Render and send a mail, unless the one known by `key` has already gone out; say whether it went."""
    from airlock.mail.render import render

    return _mail_once(key, to, render(template, **facts))


def alert_once(
    key: str, to: Iterable[str], spec: "ModelSpec", context: Context, template: str, **facts: Any
) -> bool:
    """Mail an alert once as `mail_once` does, and say it once by each notifier of the model's spec."""
    from airlock.mail.render import render

    mail = render(template, **facts)
    went = _mail_once(key, to, mail)
    notify_once(key, spec, mail, context)
    return went


def _mail_once(key: str, to: Iterable[str], mail: "Mail") -> bool:
    from airlock.governance import notices

    recipients = sorted(set(to))
    return notices.send_once(
        database(),
        key=key,
        recipients=recipients,
        subject=mail.subject,
        send=lambda: _send(mail, recipients),
        at=timezone.utcnow(),
    )


def _send(mail: "Mail", recipients: list[str]) -> None:
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    message = EmailMessage()
    message["Subject"] = mail.subject
    message["To"] = ", ".join(recipients)
    message["Date"] = format_datetime(timezone.utcnow())
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    _, page = message.iter_parts()
    for picture in mail.pictures:
        page.add_related(
            picture.content,
            maintype="image",
            subtype="png",
            cid=f"<{picture.cid}>",
            disposition="inline",
            filename=f"{picture.name}.png",
        )
    with SmtpHook(smtp_conn_id="smtp_default") as hook:
        message["From"] = hook.from_email
        # The hook's own send_email_smtp cannot carry a text part beside the HTML.
        hook._smtp_client.send_message(message)
