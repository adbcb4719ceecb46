"""docs/keys.md says what the code says, and the key that it lets people make without Airlock is one."""

import re
import subprocess

from airlock.governance.key_fields import fingerprint_of
from airlock.settings import ROOT
from airlock.spec.people import MAY, Act
from airlock.spec.scopes import ISSUABLE

PAGE = (ROOT / "docs" / "keys.md").read_text(encoding="utf-8")


def test_the_scopes() -> None:
    rows = "".join(f"| `{scope}` | {does} |\n" for scope, does in ISSUABLE.items())
    assert f"| scope | lets a client |\n| --- | --- |\n{rows}\n" in PAGE


def test_who_may_issue_them() -> None:
    assert " or ".join(f"`{role}`" for role in sorted(MAY[Act.MANAGE_KEYS], reverse=True)) in PAGE


def test_a_key_that_is_made_as_the_page_says() -> None:
    (commands,) = re.findall(r"```\n(KEY=.*?)```", PAGE, re.DOTALL)
    made = subprocess.run(
        ["bash", "-euc", f'{commands}echo "$KEY"'], capture_output=True, text=True, check=True
    )
    said, key = made.stdout.split("\n")[:2]
    assert re.fullmatch(r"alk_[\w-]{43}", key)
    assert said.split()[0] == fingerprint_of(key)
