"""What is sold: lines with exact amounts, and the total that follows from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from orderwright.domain.reading import Json, integer, text
from orderwright.errors import InputInvalid
from orderwright.money import LARGEST_MINOR, Money

MOST_PIECES: Final = 1_000_000
"""How many pieces one line may have; the charts' schemas say the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line; amounts are minor units of the order's currency, unit price per piece, the rest per line."""

    sku: str
    name: str
    quantity: int
    unit_price_minor: int
    discount_minor: int = 0
    tax_minor: int = 0

    @property
    def total_minor(self) -> int:
        """Unit price x quantity - discount + tax."""
        return self.unit_price_minor * self.quantity - self.discount_minor + self.tax_minor

    def to_json(self) -> dict[str, Json]:
        """Return the line as a chart's context holds it."""
        return {
            "sku": self.sku,
            "name": self.name,
            "quantity": self.quantity,
            "unitPriceMinor": self.unit_price_minor,
            "discountMinor": self.discount_minor,
            "taxMinor": self.tax_minor,
        }

    @classmethod
    def from_json(cls, source: Mapping[str, Json]) -> Line:
        """Read what `to_json` wrote."""
        return cls(
            sku=text(source, "sku"),
            name=text(source, "name"),
            quantity=integer(source, "quantity"),
            unit_price_minor=integer(source, "unitPriceMinor"),
            discount_minor=integer(source, "discountMinor"),
            tax_minor=integer(source, "taxMinor"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What two parties agree on: lines and shipping in one currency."""

    currency: str
    lines: tuple[Line, ...]
    shipping_minor: int = 0

    @property
    def total_minor(self) -> int:
        """The sum of the lines plus shipping."""
        return sum(line.total_minor for line in self.lines) + self.shipping_minor


def read_terms(
    currency: str, lines: Sequence[Mapping[str, Json]], shipping: Json = "0", *, field: str = ""
) -> Terms:
    """Read terms from amounts in major units, as people and programs send them.

    Args:
        currency: ISO 4217 code.
        lines: objects with sku, quantity, unitPrice and optionally name, discount, tax.
        shipping: the amount for shipping.
        field: a prefix for the field names in errors.

    Raises:
        InputInvalid: names the first field that is wrong.
    """
    if not lines:
        raise InputInvalid(f"{field}lines", "[]", "at least one line")
    read = tuple(_line(currency, line, f"{field}lines[{i}]") for i, line in enumerate(lines))
    terms = Terms(
        currency=currency,
        lines=read,
        shipping_minor=_amount(shipping, currency, f"{field}shipping"),
    )
    for i, line in enumerate(read):
        if line.total_minor < 0:
            shown = Money(line.total_minor, currency).amount
            raise InputInvalid(f"{field}lines[{i}]", shown, "a line total that is not negative")
    if terms.total_minor > LARGEST_MINOR:
        shown = Money(terms.total_minor, currency).amount
        most = Money(LARGEST_MINOR, currency).amount
        raise InputInvalid(f"{field}lines", shown, f"a total of at most {most}")
    return terms


def _line(currency: str, source: Mapping[str, Json], field: str) -> Line:
    sku, quantity = source.get("sku"), source.get("quantity")
    if not isinstance(sku, str) or not sku:
        raise InputInvalid(f"{field}.sku", sku, "the SKU of a product")
    if isinstance(quantity, bool) or not isinstance(quantity, int):
        raise InputInvalid(f"{field}.quantity", quantity, "a whole number")
    if not 1 <= quantity <= MOST_PIECES:
        raise InputInvalid(
            f"{field}.quantity", quantity, f"a whole number from 1 to {MOST_PIECES}"
        )
    return Line(
        sku=sku,
        name=str(source.get("name") or sku),
        quantity=quantity,
        unit_price_minor=_amount(source.get("unitPrice"), currency, f"{field}.unitPrice"),
        discount_minor=_amount(source.get("discount", "0"), currency, f"{field}.discount"),
        tax_minor=_amount(source.get("tax", "0"), currency, f"{field}.tax"),
    )


def _amount(source: Json, currency: str, field: str) -> int:
    if not isinstance(source, str):
        raise InputInvalid(field, source, f"a decimal string in {currency}")
    money = Money.parse(source, currency, field=field)
    if money.minor < 0:
        raise InputInvalid(field, source, "an amount that is not negative")
    return money.minor
