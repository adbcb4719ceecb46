"""Shipper: the thread that brings what waits in the spool to PostgreSQL, its own and what the dead left."""

import logging
import threading
import time
from pathlib import Path

from airlock.governance.predictions import COLUMNS
from airlock.serving.spool import folders
from airlock.serving.spool.delivery import Delivery
from airlock.serving.spool.folders import Folder
from airlock.serving.spool.turns import Turns, left

LOG = logging.getLogger("uvicorn.error.airlock")

#: What comes within this time after a commit waits for the next one.
PAUSE_SECONDS = 0.05
RETRY_SECONDS = 0.5
#: How often it looks for what dead processes left.
ADOPT_SECONDS = 5.0


class Shipper:
    """Ships in a thread of its own until it is stopped; while PostgreSQL is away it tries again and again."""

    def __init__(self, turns: Turns, delivery: Delivery, root: Path) -> None:
        self._turns = turns
        self._delivery = delivery
        self._root = root
        self._adopts_at = float("-inf")
        self._failing = False
        self._waiting = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_shipping, name="spool", daemon=True)

    def start(self) -> None:
        """Begin to ship."""
        self._waiting.set()  # for what earlier processes left
        self._thread.start()

    def wake(self) -> None:
        """Say that something waits."""
        self._waiting.set()

    def stop(self) -> None:
        """Ship what waits, where PostgreSQL takes it, and end."""
        self._stopping.set()
        self._waiting.set()
        self._thread.join()

    def _keep_shipping(self) -> None:
        while not self._stopping.is_set():
            self._waiting.wait(ADOPT_SECONDS)
            self._waiting.clear()
            done = self._tried()
            if not done:
                self._waiting.set()
            self._stopping.wait(PAUSE_SECONDS if done else RETRY_SECONDS)
        self._tried()

    def _tried(self) -> bool:
        """Ship all there is, and say whether that worked."""
        try:
            while (file := self._turns.take()) is not None:
                self._delivery.ship(file, COLUMNS)
            if time.monotonic() >= self._adopts_at:
                self._adopt()
                self._adopts_at = time.monotonic() + ADOPT_SECONDS
        except (
            Exception
        ) as error:  # whatever it is, the lines stay where they are, and the thread must live on
            if not self._failing:
                LOG.warning(
                    "The prediction log waits in the spool: %s. It is tried again.", type(error).__name__
                )
            self._failing = True
            return False
        if self._failing:
            LOG.info("The prediction log is in PostgreSQL again.")
        self._failing = False
        return True

    def _adopt(self) -> None:
        """Ship what dead processes left; a folder that cannot be shipped keeps no other from it."""
        problems = []
        for folder in folders.abandoned(self._root):
            try:
                self._take_over(folder)
            except Exception as error:
                folder.release()
                problems.append(error)
        if problems:
            raise problems[0]

    def _take_over(self, folder: Folder) -> None:
        files, columns = left(folder.path)
        try:
            size = sum(file.size for file in files)
            for file in files:
                self._delivery.ship(file, columns)
        finally:
            for file in files:
                file.close()
        folder.remove()
        if size:
            LOG.info("What an earlier process left in the spool is in PostgreSQL: %d bytes.", size)
