"""Starting the scoring API: `python -m airlock.serving --port 8000`, with the workers that are asked for."""

import argparse
import os
import signal
import sys
from tempfile import TemporaryDirectory
from types import FrameType

import uvicorn


def main(arguments: list[str] | None = None) -> None:
    """Serve until told to end; the workers share one folder for their metrics, which goes with them."""
    parser = argparse.ArgumentParser(prog="python -m airlock.serving", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=os.environ.get("AIRLOCK_SCORING_WORKERS") or "1")
    asked = parser.parse_args(arguments)
    # uvicorn hands the signal on after its workers have ended; without this the folder would stay.
    signal.signal(signal.SIGTERM, _end)
    with TemporaryDirectory(prefix="airlock-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        uvicorn.run(
            "airlock.serving.app:app",
            host=asked.host,
            port=asked.port,
            workers=asked.workers,
            access_log=False,
        )


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main()
