import asyncio
import smtplib
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from stack.errors import StackError
from stack.mailbox import full_text, list_lines, read_mail, read_mails, serve
from stack.settings import HOST
from stack.waiting import wait_until
from tests.stack.ports import free_ports


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A real post office in a thread, at work on the port."""
    (port,) = free_ports(1)
    loop = asyncio.new_event_loop()
    work = loop.create_task(serve(tmp_path, port))
    thread = threading.Thread(target=lambda: loop.run_until_complete(asyncio.wait([work])))
    thread.start()
    wait_until(lambda: _answers(port), what="the post office", timeout=10, every=0.05)
    yield port
    loop.call_soon_threadsafe(work.cancel)
    thread.join()
    loop.close()


def _answers(port: int) -> bool:
    try:
        with smtplib.SMTP(HOST, port, timeout=5):
            return True
    except OSError:
        return False


def letter(subject: str, text: str | None = None, html: str | None = None) -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "airlock@localhost", "ria@example.com"
    if text:
        message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html") if text else message.set_content(html, subtype="html")
    return message


def post(port: int, message: EmailMessage, *recipients: str) -> None:
    with smtplib.SMTP(HOST, port, timeout=5) as office:
        office.send_message(message, to_addrs=list(recipients) or None)


def test_each_mail_is_kept_in_order_and_readable(port: int, tmp_path: Path) -> None:
    post(port, letter("Grüße", text="Drift: größer als 0,2"))
    post(port, letter("Second", html='<p>See <a href="http://x/1">the night</a></p>'), "omar@example.com")
    first, second = read_mails(tmp_path)
    assert (first.number, first.subject, first.recipients) == (1, "Grüße", "ria@example.com")
    assert "größer als 0,2" in full_text(read_mail(tmp_path, "1"))
    assert second.recipients == "omar@example.com"
    assert "See the night (http://x/1)" in full_text(read_mail(tmp_path, "last"))


def test_numbers_go_on_after_a_restart(port: int, tmp_path: Path) -> None:
    (tmp_path / "00041.eml").write_bytes(b"X-Envelope-To: x\r\nSubject: old\r\n\r\n")
    post(port, letter("new", text="x"))
    assert [mail.number for mail in read_mails(tmp_path)] == [41, 42]


def test_what_is_not_there_is_said(port: int, tmp_path: Path) -> None:
    assert list(list_lines(read_mails(tmp_path))) == ["No mail was sent yet."]
    post(port, letter("one", text="x"))
    with pytest.raises(StackError, match="There is no mail 7: give a number from 1 to 1, or last"):
        read_mail(tmp_path, "7")


def test_the_envelope_cannot_be_forged_by_a_header(port: int, tmp_path: Path) -> None:
    message = letter("one", text="x")
    message["X-Envelope-To"] = "forged@example.com"
    post(port, message, "true@example.com")
    assert read_mails(tmp_path)[0].recipients == "true@example.com"


def test_what_is_attached_is_named_pictures_in_the_page_as_well(port: int, tmp_path: Path) -> None:
    message = letter("Drift", text="income has shifted", html='<img src="cid:income@airlock">')
    _, page = message.iter_parts()
    page.add_related(b"PNG", "image", "png", cid="<income@airlock>", filename="income.png")
    post(port, message)
    report = letter("Report", text="as asked")
    report.add_attachment(b"a,b", maintype="text", subtype="csv", filename="rows.csv")
    report.add_attachment(b"?", maintype="application", subtype="octet-stream")
    post(port, report)
    drift, asked = read_mails(tmp_path)
    assert drift.attachments == ("income.png",)
    assert "Attached: income.png" in full_text(drift)
    assert asked.attachments == ("rows.csv", "unnamed")
    assert asked.text == "as asked"
