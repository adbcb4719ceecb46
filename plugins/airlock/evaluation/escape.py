"""Values in Markdown: shown as they are, never read as markup, a link or HTML."""

import re

PUNCTUATION = re.compile(r"([\\`*_{}\[\]()#+!|~])")
ADDRESS = re.compile(r"(https?|ftp)://|(?<=\w)@(?=\w)|\bwww\.", re.IGNORECASE)


def escape(value: object) -> str:
    r"""Return a value as one line of Markdown that shows its very characters.

    An address is broken by a space, because the UI makes links of bare ones too.

    >>> escape("a|b <script>[x](http://evil.example)")
    'a\\|b &lt;script&gt;\\[x\\]\\(http:// evil.example\\)'
    """
    line = " ".join(str(value).split())
    broken = ADDRESS.sub(lambda match: " @ " if match[0] == "@" else f"{match[0]} ", line)
    marked = PUNCTUATION.sub(r"\\\1", broken.replace("&", "&amp;"))
    return marked.replace("<", "&lt;").replace(">", "&gt;")
