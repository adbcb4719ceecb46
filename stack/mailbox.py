"""The stack's post office: an SMTP server that delivers nothing and keeps every mail as one readable file."""

import argparse
import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from stack.errors import StackError
from stack.settings import HOST, read_settings


@dataclass(frozen=True)
class Mail:
    """One mail that was sent."""

    number: int
    date: str
    sender: str
    recipients: str
    subject: str
    text: str
    html: str
    attachments: tuple[str, ...]
    file: Path


class Sink:
    """The aiosmtpd handler that numbers the mails and writes them down."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep one mail; it is whole or it is refused."""
        number = max((_number(file) for file in self.folder.glob("*.eml")), default=0) + 1
        part = self.folder / f"{number:05}.part"
        recipients = ", ".join(envelope.rcpt_tos)
        part.write_bytes(f"X-Envelope-To: {recipients}\r\n".encode() + bytes(envelope.content or b""))
        part.replace(part.with_suffix(".eml"))
        return f"250 kept as mail {number}"


def read_mails(folder: Path) -> tuple[Mail, ...]:
    """Read every mail kept so far, oldest first."""
    return tuple(_read(file) for file in sorted(folder.glob("*.eml"), key=_number))


def read_mail(folder: Path, which: str) -> Mail:
    """Read one mail by its number, or the `last` one.

    Raises
    ------
    StackError
        When there is no such mail.
    """
    mails = read_mails(folder)
    if not mails:
        raise StackError("No mail was sent yet.")
    if which == "last":
        return mails[-1]
    for mail in mails:
        if str(mail.number) == which:
            return mail
    raise StackError(f"There is no mail {which}: give a number from 1 to {mails[-1].number}, or last.")


def list_lines(mails: tuple[Mail, ...]) -> Iterator[str]:
    """Write one line for each mail."""
    if not mails:
        yield "No mail was sent yet."
    for mail in mails:
        yield f"{mail.number:>4}  {mail.date:<25}  {mail.recipients:<30}  {mail.subject}"


def full_text(mail: Mail) -> str:
    """Write one mail out in full."""
    head = {
        "Mail": mail.number,
        "Date": mail.date,
        "From": mail.sender,
        "To": mail.recipients,
        "Subject": mail.subject,
        "Attached": ", ".join(mail.attachments),
        "File": mail.file,
    }
    lines = [f"{key}: {value}" for key, value in head.items() if value]
    return "\n".join([*lines, "", mail.text or readable(mail.html)])


def readable(html: str) -> str:
    """Turn a mail's HTML into plain lines, links kept.

    >>> print(readable('<h1>Drift</h1><p>See <a href="http://x/1">the night</a> &amp; act.</p>'))
    Drift
    See the night (http://x/1) & act.
    """
    text = re.sub(r"(?is)<(head|style|script).*?</\1>", "", html)
    text = re.sub(r'(?is)<a\s[^>]*?href="([^"]*)"[^>]*>(.*?)</a>', r"\2 (\1)", text)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"(?i)<li[^>]*>", "\n- ", text)
    text = re.sub(r"(?i)</t[dh]>", "  ", text)
    text = re.sub(r"(?i)<br[^>]*>|</(p|div|h[1-6]|tr|ul|ol|table)>", "\n", text)
    lines = (line.strip() for line in unescape(re.sub(r"<[^>]+>", "", text)).splitlines())
    return "\n".join(line for line in lines if line)


async def serve(folder: Path, port: int, host: str = HOST) -> None:
    """Take mails until the process is ended."""
    sink = Sink(folder)
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(sink, hostname="localhost", enable_SMTPUTF8=True), host=host, port=port
    )
    async with server:
        await server.serve_forever()


def _number(file: Path) -> int:
    return int(file.stem) if file.stem.isdecimal() else 0


def _read(file: Path) -> Mail:
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return Mail(
        number=_number(file),
        date=str(message["Date"] or ""),
        sender=str(message["From"] or ""),
        recipients=str(message["X-Envelope-To"]),
        subject=" ".join(str(message["Subject"] or "").split()),
        text=_body(message, "plain"),
        html=_body(message, "html"),
        attachments=_attached(message),
        file=file,
    )


def _attached(message: EmailMessage) -> tuple[str, ...]:
    """Name what comes with a mail, the pictures that its HTML shows as well."""
    bodies = [message.get_body(preferencelist=(kind,)) for kind in ("plain", "html")]
    single = (part for part in message.walk() if not part.is_multipart() and part not in bodies)
    return tuple(part.get_filename() or "unnamed" for part in single)


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return str(part.get_content()).strip() if part else ""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m stack.mailbox", description=__doc__)
    parser.add_argument("--host", default=HOST, help="the address to listen on; a container's own is 0.0.0.0")
    chosen = read_settings()
    asyncio.run(serve(chosen.mail, chosen.smtp_port, parser.parse_args().host))
