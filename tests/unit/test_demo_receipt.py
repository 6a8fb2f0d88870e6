"""The receipts of the demo are documents that a reader of PDF opens."""

from __future__ import annotations

import re

from orderwright.app.file_kind import kind_of
from orderwright.app.seed.receipt import receipt_pdf


def test_every_object_begins_where_the_table_says_and_the_text_is_as_long_as_it_says():
    content = receipt_pdf(["Receipt (copy)", "Vogel & Töchter \\ ₦"])
    assert kind_of(content) == ("application/pdf", "pdf")
    table = int(re.search(rb"startxref\n(\d+)\n%%EOF\n$", content)[1])
    assert content[table:].startswith(b"xref\n0 6\n")
    places = [int(one) for one in re.findall(rb"(\d{10}) 00000 n", content)]
    assert len(places) == 5
    for number, place in enumerate(places, 1):
        assert content[place:].startswith(b"%d 0 obj\n" % number)
    length, text = re.search(
        rb"/Length (\d+) >>\nstream\n(.*)\nendstream", content, re.DOTALL
    ).groups()
    assert len(text) == int(length)
    assert rb"(Receipt \(copy\)) Tj" in text
    assert "(Vogel & Töchter \\\\ ?) Tj".encode("cp1252") in text
