"""Cards as Word documents whose bytes depend on nothing but their content."""

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from docx import Document
from docx.document import Document as WordDocument
from docx.shared import Cm, Pt

from airlock.dossier.blocks import Block, Bullets, Card, Heading, Paragraph, Picture, Table
from airlock.dossier.plots.gallery import Gallery
from airlock.dossier.words import clean

PICTURE_WIDTH = Cm(11.5)
MARGIN = Cm(2.2)
#: A zip file notes when each of its files was made, and cannot say never: this is the earliest it knows.
NO_TIME = (1980, 1, 1, 0, 0, 0)


def to_word(card: Card, gallery: Gallery, *, author: str, title: str, written_at: datetime) -> bytes:
    """Return a card as a .docx file.

    Parameters
    ----------
    author, title, written_at
        What the document's own properties say; the moment is the evidence's, never the clock's.
    """
    document = Document()
    _look(document)
    properties = document.core_properties
    properties.author, properties.title, properties.comments = clean(author)[:255], clean(title)[:255], ""
    properties.created = properties.modified = written_at
    for block in card:
        _add(document, block, gallery)
    file = BytesIO()
    document.save(file)
    return _without_times(file.getvalue())


def _look(document: WordDocument) -> None:
    section = document.sections[0]
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = MARGIN
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(10.5)


def _add(document: WordDocument, block: Block, gallery: Gallery) -> None:
    match block:
        case Heading(text, level):
            document.add_heading(clean(text), level - 1)
        case Paragraph(text):
            document.add_paragraph(clean(text))
        case Bullets(items):
            for item in items:
                document.add_paragraph(clean(item), style="List Bullet")
        case Table(head, rows):
            _add_table(document, head, rows)
        case Picture(key) if key in gallery:
            plot = gallery[key]
            document.add_paragraph(clean(plot.title), style="Caption").paragraph_format.keep_with_next = True
            document.add_picture(BytesIO(plot.png), width=PICTURE_WIDTH)
            document.add_paragraph(clean(plot.says), style="Caption")


def _add_table(document: WordDocument, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = document.add_table(rows=1, cols=len(head), style="Light Grid Accent 1")
    for cells, texts in ((table.rows[0].cells, head), *((table.add_row().cells, row) for row in rows)):
        for cell, text in zip(cells, texts, strict=True):
            cell.text = clean(text)
    document.add_paragraph()


def _without_times(content: bytes) -> bytes:
    """Return the same zip file with no time in it."""
    file = BytesIO()
    with ZipFile(BytesIO(content)) as given, ZipFile(file, "w") as made:
        for name in given.namelist():
            entry = ZipInfo(name, NO_TIME)
            entry.compress_type = ZIP_DEFLATED
            made.writestr(entry, given.read(name))
    return file.getvalue()
