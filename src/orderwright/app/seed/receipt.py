"""A receipt as a bank would give it: a page of PDF with a few lines of text, the same for the same words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_TEXT: Final = b"BT /F1 12 Tf 18 TL 60 770 Td "


def receipt_pdf(lines: Sequence[str]) -> bytes:
    """Return a document of one page of A4 with lines of text; a character that its letters lack becomes a `?`."""
    shown = b" ".join(b"(" + _escaped(line) + b") Tj T*" for line in lines)
    text = _TEXT + shown + b" ET"
    return _document(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            (
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
                b" /Resources << /Font << /F1 5 0 R >> >> >>"
            ),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        ]
    )


def _escaped(line: str) -> bytes:
    found = line.encode("cp1252", errors="replace")
    return found.replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")


def _document(objects: Sequence[bytes]) -> bytes:
    """Return objects, which are numbered from 1, with the table of where each begins."""
    parts, places, at = [b"%PDF-1.4\n"], list[int](), len(b"%PDF-1.4\n")
    for number, content in enumerate(objects, 1):
        part = b"%d 0 obj\n%s\nendobj\n" % (number, content)
        places.append(at)
        parts.append(part)
        at += len(part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\n" % (
        size,
        table,
        size,
    )
    return b"".join(parts) + end + b"startxref\n%d\n%%%%EOF\n" % at
