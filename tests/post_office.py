"""The stack's own post office for tests: a real SMTP server in a thread, on a free port."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aiosmtpd.smtp import SMTP

from stack.mailbox import Mail, Sink, read_mails

HOST = "127.0.0.1"


@dataclass(frozen=True)
class PostOffice:
    """Where mails are taken, and what came in."""

    port: int
    folder: Path

    @property
    def mails(self) -> tuple[Mail, ...]:
        return read_mails(self.folder)


@contextmanager
def post_office(folder: Path) -> Iterator[PostOffice]:
    """Take mails until the block ends."""
    loop = asyncio.new_event_loop()
    listening = socket.create_server((HOST, 0))
    server = loop.run_until_complete(
        loop.create_server(lambda: SMTP(Sink(folder), hostname="localhost"), sock=listening)
    )
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield PostOffice(listening.getsockname()[1], folder)
    finally:
        asyncio.run_coroutine_threadsafe(_close(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _close(server: asyncio.Server) -> None:
    """Take no more mails, and see the last connections to their end."""
    server.close()
    if talking := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(talking)
    await asyncio.sleep(0)  # a transport that was closed lets go of its socket in the loop's next round
