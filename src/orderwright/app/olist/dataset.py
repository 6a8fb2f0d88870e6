"""The four files of an Olist data set, read row by row with line numbers.

Every physical line is a record of its own (these four files have no line breaks inside fields), so that a stray
quotation mark spoils one line and not the rest of the file.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from orderwright.app.olist import fields
from orderwright.errors import DefinitionInvalid, InputInvalid, NotFound

Record: TypeAlias = tuple[object, ...]


class FileMissing(NotFound):
    """The folder has no file of this name."""

    code = "import.file_missing"


class ColumnsMissing(DefinitionInvalid):
    """The first line of a file does not name every column that the import needs."""

    code = "import.columns_missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that cannot be used; `order_id` is empty where not even that could be read."""

    file: str
    line: int
    reason: str
    order_id: str = ""


@dataclass(frozen=True, slots=True)
class GoodRow:
    """A row that was read: its line, and the values in the order of the file's columns."""

    line: int
    values: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of the data set: its columns, each with the function that reads it; those in `key` identify a row."""

    name: str
    columns: Mapping[str, Callable[[str], object]]
    key: tuple[str, ...]


ORDERS: Final = File(
    name="olist_orders_dataset.csv",
    columns={
        "order_id": fields.word,
        "customer_id": fields.word,
        "order_status": fields.status,
        "order_purchase_timestamp": fields.moment,
        "order_approved_at": fields.optional_moment,
        "order_delivered_carrier_date": fields.optional_moment,
        "order_delivered_customer_date": fields.optional_moment,
    },
    key=("order_id",),
)
ITEMS: Final = File(
    name="olist_order_items_dataset.csv",
    columns={
        "order_id": fields.word,
        "order_item_id": fields.ordinal,
        "product_id": fields.word,
        "price": fields.amount,
        "freight_value": fields.amount,
    },
    key=("order_id", "order_item_id"),
)
PAYMENTS: Final = File(
    name="olist_order_payments_dataset.csv",
    columns={
        "order_id": fields.word,
        "payment_sequential": fields.ordinal,
        "payment_type": fields.word,
        "payment_value": fields.amount,
    },
    key=("order_id", "payment_sequential"),
)
CUSTOMERS: Final = File(
    name="olist_customers_dataset.csv",
    columns={
        "customer_id": fields.word,
        "customer_unique_id": fields.word,
        "customer_city": fields.text,
        "customer_state": fields.text,
    },
    key=("customer_id",),
)
FILES: Final = (CUSTOMERS, ORDERS, ITEMS, PAYMENTS)


@dataclass(frozen=True, slots=True)
class Dataset:
    """A folder that was looked at: every file and every column is there."""

    folder: Path

    @classmethod
    def open(cls, folder: Path) -> Dataset:
        """Look at a folder before anything is done with it.

        Raises:
            FileMissing, ColumnsMissing: names the first file that will not do.
        """
        for file in FILES:
            _check(folder / file.name, file)
        return cls(folder)

    def rows(self, file: File) -> Iterator[GoodRow | BadRow]:
        """Read a file from its second line on; blank lines are passed over."""
        with (self.folder / file.name).open(
            encoding="utf-8-sig", errors="surrogateescape", newline=""
        ) as lines:
            header = _split(next(lines))
            for number, line in enumerate(lines, start=2):
                if line.strip():
                    yield _read(file, header, number, line)


def _check(path: Path, file: File) -> None:
    if not path.is_file():
        raise FileMissing(
            f"{path} is not there", values={"file": file.name, "folder": str(path.parent)}
        )
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
        first = next(lines, "")
    try:
        header = _split(first)
    except csv.Error:
        header = []
    missing = [column for column in file.columns if column not in header]
    if missing:
        raise ColumnsMissing(
            f"{file.name} has no column {', '.join(missing)}",
            values={
                "file": file.name,
                "missing": missing,
                "found": [ascii(one) for one in header],
            },
        )


def _read(file: File, header: list[str], number: int, line: str) -> GoodRow | BadRow:
    source: dict[str, str] = {}
    try:
        cells = _split(line)
        source = dict(zip(header, cells, strict=False))
        fields.require_count(len(cells), len(header))
        values = tuple(_value(column, read, source) for column, read in file.columns.items())
    except csv.Error as error:
        return BadRow(file=file.name, line=number, reason=f"not CSV: {error}")
    except InputInvalid as invalid:
        order_id = source.get("order_id", "")
        known = order_id if fields.is_word(order_id) else ""
        return BadRow(file=file.name, line=number, reason=invalid.message, order_id=known)
    return GoodRow(number, values)


def _value(column: str, read: Callable[[str], object], source: Mapping[str, str]) -> object:
    try:
        return read(source[column])
    except InputInvalid as invalid:
        expected = str(invalid.values["expected"])
        raise InputInvalid(column, fields.printable(source[column]), expected) from invalid


def _split(line: str) -> list[str]:
    """Split one line.

    Raises:
        csv.Error: a quotation mark is left open or stands where none may.
    """
    return next(csv.reader([line.rstrip("\r\n")], strict=True), [])
