"""`python -m demo`: the main job. Exit code 0 only when every step truly happened."""

import os
import sys

from demo.progress import DemoFailed, Progress
from demo.story import tell
from stack import lifecycle
from stack.client import AirflowError
from stack.errors import StackError
from stack.settings import read_settings
from stack.waiting import WaitedTooLong


def main() -> int:
    """Tell the story, then say what took how long and where to look."""
    os.umask(0o077)
    settings, progress = read_settings(), Progress()
    try:
        tell(settings, progress)
    except (DemoFailed, AirflowError, StackError, WaitedTooLong) as error:
        print(f"\nThe demo stopped: {error}\nThe stack stays up (make status); its logs: {settings.logs}.")
        return 1
    print("\nEvery step happened. What took how long:")
    for line in progress.times():
        print(f"  {line}")
    print("\nThe stack stays up; look around (make mail reads the mails, make down ends it):")
    lifecycle.status(settings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
