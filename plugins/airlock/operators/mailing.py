"""Sending mail once, through Airflow's SMTP connection."""

from collections.abc import Iterable
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import timezone

from airlock.operators.base import database

if TYPE_CHECKING:
    from airlock.mail.render import Mail


def mail_once(key: str, to: Iterable[str], template: str, **facts: Any) -> bool:
    """Render and send a mail, unless the one known by `key` has already gone out; say whether it went."""
    from airlock.governance import notices
    from airlock.mail.render import render

    recipients = sorted(set(to))
    mail = render(template, **facts)
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
    with SmtpHook(smtp_conn_id="smtp_default") as hook:
        message["From"] = hook.from_email
        # The hook's own send_email_smtp cannot carry a text part beside the HTML.
        hook._smtp_client.send_message(message)
