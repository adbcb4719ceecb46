"""The stack from a shell: `python -m stack up|down|status|mail|env|clean`."""

import argparse
import os
import shlex
import sys

from stack import environment, lifecycle, mailbox
from stack.errors import StackError
from stack.postgres import cluster_of
from stack.secrets import read_secrets
from stack.settings import Settings, read_settings

COMMANDS = {
    "up": "start everything and wait until it answers",
    "down": "end everything; the data stay",
    "status": "what runs, where to go and how to log in",
    "mail": "list the mails, or read one: mail 3, mail last",
    "env": "print the environment as shell exports",
    "clean": "end everything and delete its data",
}


def main() -> int:
    """Run one command; its trouble is one message on standard error."""
    parser = argparse.ArgumentParser(prog="python -m stack", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, help_line in COMMANDS.items():
        command = commands.add_parser(name, help=help_line)
        if name == "mail":
            command.add_argument("which", nargs="?", help="the mail's number, or last")
    arguments = parser.parse_args()
    os.umask(0o077)  # whatever the stack makes is for its owner alone
    try:
        return _run(arguments, read_settings())
    except BrokenPipeError:  # `make status | head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except StackError as error:
        print(error, file=sys.stderr)
        return 1


def _run(arguments: argparse.Namespace, settings: Settings) -> int:
    match arguments.command:
        case "up":
            lifecycle.up(settings)
            return 0 if lifecycle.status(settings) else 1
        case "status":
            return 0 if lifecycle.status(settings) else 1
        case "down":
            lifecycle.down(settings)
        case "clean":
            lifecycle.clean(settings)
        case "mail":
            _print_mail(settings, arguments.which)
        case "env":
            _print_environment(settings)
    return 0


def _print_mail(settings: Settings, which: str | None) -> None:
    if which:
        print(mailbox.full_text(mailbox.read_mail(settings.mail, which)))
        return
    for line in mailbox.list_lines(mailbox.read_mails(settings.mail)):
        print(line)


def _print_environment(settings: Settings) -> None:
    secrets, cluster = read_secrets(settings.home), cluster_of(settings.home)
    values = {
        **environment.shared(settings),
        **environment.airflow(settings, secrets, cluster),
        **environment.connections(settings, secrets, cluster),
        **environment.asking(secrets),
    }
    for key, value in values.items():
        print(f"export {key}={shlex.quote(value)}")


if __name__ == "__main__":
    sys.exit(main())
