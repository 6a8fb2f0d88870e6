"""Who signs in, who buys, and what is sold in the demo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from orderwright.app.goods.stock_records import Location
from orderwright.app.permissions import Role
from orderwright.app.records import Customer, Product

PASSWORD: Final = "orderwright"  # noqa: S105 (printed at every start)
"""The password of every demo login."""

PEOPLE: Final[Mapping[str, tuple[str, Role]]] = {
    "admin": ("Adaeze Obi", Role.ADMIN),
    "manager": ("Marta Lindqvist", Role.MANAGER),
    "clerk": ("Chidi Eze", Role.BILLER),
    "accountant": ("Ana Sousa", Role.ACCOUNTANT),
    "warehouse": ("Wale Adeyemi", Role.WAREHOUSE),
    "compliance": ("Tomás Ferreira", Role.COMPLIANCE),
    "customer": ("Greta Vogel", Role.CUSTOMER),
    "auditor": ("Ines Moreau", Role.READ_ONLY),
}
"""Name and role by login. The customer belongs to the first of `CUSTOMERS`."""

LOGINS: Final[Mapping[str, str]] = {login: role.value for login, (_, role) in PEOPLE.items()}
"""The role of each login, for people to read."""


def _customer(number: int, name: str, currency: str, limit: int) -> Customer:
    code = f"C-{number:04d}"
    return Customer(
        id=f"demo-{code.lower()}",
        number=code,
        name=name,
        currency=currency,
        credit_limit_minor=limit * 100,
    )


CUSTOMERS: Final = (
    _customer(1, "Vogel & Töchter GmbH", "EUR", 25_000),
    _customer(2, "Atelier Moreau", "EUR", 8_000),
    _customer(3, "Nordlys Interiør AS", "EUR", 40_000),
    _customer(4, "Café Saudade", "EUR", 500),
    _customer(5, "Studio Brandt", "EUR", 0),
    _customer(6, "Hotel Miramar", "EUR", 60_000),
    _customer(7, "Ngozi Home Stores", "NGN", 15_000_000),
    _customer(8, "Lekki Office Supply", "NGN", 10_000_000),
    _customer(9, "Abuja Design House", "NGN", 5_000_000),
    _customer(10, "Kano Traders", "NGN", 1_000_000),
    _customer(11, "Ibadan Reads", "NGN", 0),
    _customer(12, "Benin Craft Market", "NGN", 2_500_000),
)
"""Limits in major units; some have none and pay first."""


def _product(sku: str, name: str, currency: str, price: int) -> Product:
    return Product(sku=sku, name=name, currency=currency, unit_price_minor=price * 100)


def _service(sku: str, name: str, currency: str, price: int) -> Product:
    return replace(_product(sku, name, currency, price), kind="SERVICE")


KEPT: Final = (
    _product("CHR-OAK", "Oak dining chair", "EUR", 189),
    _product("TBL-OAK-180", "Oak table, 180 cm", "EUR", 940),
    _product("LMP-ARC", "Arc floor lamp", "EUR", 265),
    _product("SHF-WAL", "Walnut wall shelf", "EUR", 129),
    _product("RUG-WOOL", "Wool rug, 200 x 300", "EUR", 520),
    _product("SOFA-3", "Three-seat sofa", "EUR", 1_890),
    _product("VASE-STONE", "Stoneware vase", "EUR", 48),
    _product("FAN-CEIL", "Ceiling fan", "NGN", 68_000),
    _product("DSK-OFFICE", "Office desk", "NGN", 215_000),
    _product("CHR-MESH", "Mesh office chair", "NGN", 142_000),
    _product("CAB-FILE", "Filing cabinet", "NGN", 118_000),
    _product("LMP-SOLAR", "Solar lamp", "NGN", 24_500),
    _product("BKC-IROKO", "Iroko bookcase", "NGN", 186_000),
)
"""The goods that are in stock."""
OUT_OF_STOCK: Final = (
    _product("DSK-STAND", "Standing desk", "EUR", 760),
    _product("INV-3KVA", "Inverter, 3 kVA", "NGN", 540_000),
)
SERVICES: Final = (
    _service("ASM-HOME", "Assembly at home", "EUR", 90),
    _service("INS-SOLAR", "Installation on site", "NGN", 45_000),
)
PRODUCTS: Final = (*KEPT, *OUT_OF_STOCK, *SERVICES)
LOCATIONS: Final = (
    Location(id="main", name="Main warehouse", rank=0),
    Location(id="lagos", name="Lagos", rank=1),
)
"""Where goods lie, in the order of allocation."""
SHELVES: Final[Mapping[str, str]] = {"EUR": "main", "NGN": "lagos"}
"""The location of the goods that are sold in a currency."""
PIECES: Final = 500
"""How many of each kind of goods are received."""


def assortment(currency: str, products: Sequence[Product]) -> list[Product]:
    """Return the products that are sold in a currency."""
    return [one for one in products if one.currency == currency]
