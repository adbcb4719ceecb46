"""Cards and tables as GitHub-flavoured Markdown, in which nothing from the data can become markup."""

from collections.abc import Iterable, Sequence

from airlock.dossier.blocks import Block, Bullets, Card, Heading, Paragraph, Picture, Table
from airlock.dossier.plots.gallery import Gallery
from airlock.dossier.words import clean
from airlock.evaluation.escape import escape


def to_markdown(card: Card, gallery: Gallery) -> str:
    """Return a card as Markdown; a picture is told in words, and is to be seen in the Word document."""
    return clean("\n\n".join(text for block in card if (text := _block(block, gallery)))) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells that are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def bullets(items: Iterable[str]) -> str:
    """Return a list of sentences as they are, escaped."""
    return "\n".join(f"- {escape(item)}" for item in items)


def _block(block: Block, gallery: Gallery) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {escape(text)}"
        case Paragraph(text):
            return escape(text)
        case Bullets(items):
            return bullets(items)
        case Table(head, rows):
            return table([escape(cell) for cell in head], [[escape(cell) for cell in row] for row in rows])
        case Picture(key):
            return f"{escape(gallery[key].title)}: {escape(gallery[key].says)}" if key in gallery else ""
