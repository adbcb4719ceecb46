"""A validation result as one page that needs nothing else: no script, no other file."""

from collections.abc import Sequence
from html import escape

from airlock.data.suite import SEVERITIES
from airlock.data.validation import Check, ValidationResult

STYLE = """
:root { color-scheme: light dark; --paper: #f6f7f9; --card: #ffffff; --ink: #1c2330; --soft: #5b6576;
  --line: #dfe3ea; --good: #1a7f4b; --bad: #c22f3d; --warn: #9a6200; --tint: #eef1f5; }
@media (prefers-color-scheme: dark) { :root { --paper: #12161d; --card: #1a2029; --ink: #e6e9ef;
  --soft: #9aa5b6; --line: #2c3542; --good: #4cc38a; --bad: #ff7b86; --warn: #e0a84a; --tint: #232b37; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .25rem; }
p { margin: 0; color: var(--soft); }
.verdict { display: flex; gap: 1rem; align-items: center; margin: 1.5rem 0; padding: 1rem 1.25rem;
  background: var(--card); border: 1px solid var(--line); border-left: .375rem solid currentColor;
  border-radius: .5rem; }
.verdict strong { font-size: 1.15rem; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
table { width: 100%; border-collapse: collapse; }
caption { text-align: left; padding: .75rem 1rem 0; font-weight: 600; }
th, td { padding: .6rem 1rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
tr:last-child td { border-bottom: 0; }
th { font-size: .8rem; font-weight: 600; color: var(--soft); }
td.state { white-space: nowrap; font-weight: 600; }
td.observed { font-variant-numeric: tabular-nums; min-width: 11rem; }
code { background: var(--tint); border-radius: .25rem; padding: .05rem .3rem; font-size: .85em;
  overflow-wrap: anywhere; }
section + section { margin-top: 1.5rem; }
"""


def page(result: ValidationResult, title: str, set_aside: Sequence[str] = ()) -> str:
    """Return the result as HTML: the verdict, what was said of rows set aside, what failed, what passed."""
    passed = [check for check in result.checks if check.success]
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title><style>{STYLE}</style></head>
<body><main>
<h1>{escape(title)}</h1>
<p>Suite {escape(result.suite)} on {result.rows:,} rows, checked by Great Expectations.</p>
{_verdict(result)}
{_banner("warn", "Rows set aside", " ".join(set_aside)) if set_aside else ""}
{_table("Not met", sorted(result.failed, key=lambda check: SEVERITIES.index(check.severity)))}
{_table("Met", passed)}
</main></body>
</html>
"""


def _verdict(result: ValidationResult) -> str:
    total = f"{len(result.checks)} expectations"
    if result.failed_critical:
        count = len(result.failed_critical)
        words = f"{len(result.failed)} of {total} are not met, {count} of them critical."
        return _banner("bad", "Failed", words)
    if result.failed:
        words = f"{len(result.failed)} of {total} are not met, none of them critical."
        return _banner("warn", "Passed with warnings", words)
    if not result.checks:
        return _banner("bad", "Failed", "Nothing was checked.")
    return _banner("good", "Passed", f"All {total} are met.")


def _banner(tone: str, word: str, words: str) -> str:
    return f'<div class="verdict {tone}" role="status"><strong>{word}</strong><p>{escape(words)}</p></div>'


def _table(caption: str, checks: list[Check]) -> str:
    if not checks:
        return ""
    rows = "\n".join(_row(check) for check in checks)
    return f"""<section><div class="scroll"><table>
<caption>{caption} ({len(checks)})</caption>
<thead><tr><th scope="col">Expectation</th><th scope="col">Severity</th>
<th scope="col">Observed</th></tr></thead>
<tbody>
{rows}
</tbody></table></div></section>"""


def _row(check: Check) -> str:
    tone = "good" if check.success else "bad" if check.severity == "critical" else "warn"
    mark = "✓" if check.success else "✗"
    observed = escape(check.observed)
    if check.unexpected_count:
        observed += f" ({check.unexpected_share:.2%})"
    if check.examples:
        observed += "<br>such as " + " ".join(f"<code>{escape(example)}</code>" for example in check.examples)
    return (
        f'<tr><td>{escape(check.sentence)}</td><td class="state {tone}">{mark} {escape(check.severity)}</td>'
        f'<td class="observed">{observed}</td></tr>'
    )
