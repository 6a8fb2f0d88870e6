from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from orderwright.errors import InputInvalid
from orderwright.money import LARGEST_MINOR, Money, exponent

CURRENCIES = {"JPY": 0, "EUR": 2, "NGN": 2, "KWD": 3, "CLF": 4}
currencies = st.sampled_from(sorted(CURRENCIES))
amounts = st.builds(Money, st.integers(-LARGEST_MINOR, LARGEST_MINOR), currencies)


@pytest.mark.parametrize(("currency", "places"), CURRENCIES.items())
def test_the_exponent_is_that_of_iso_4217(currency: str, places: int):
    assert exponent(currency) == places


@pytest.mark.parametrize("code", ["", "eur", "EU", "EURO", "XXX", "DEM"])
def test_a_currency_that_does_not_exist_is_refused_by_name(code: str):
    with pytest.raises(InputInvalid) as refused:
        Money.parse("1", code)
    assert refused.value.field == "currency"
    assert refused.value.values["value"] == code


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("1234.50", "EUR", 123450),
        ("1234.5", "EUR", 123450),
        ("1234", "EUR", 123400),
        ("0.01", "EUR", 1),
        ("-0.05", "EUR", -5),
        ("-0", "EUR", 0),
        ("1.000", "EUR", 100),
        ("500", "JPY", 500),
        ("1.005", "KWD", 1005),
        ("0.0001", "CLF", 1),
        (7, "EUR", 700),
        (Decimal("19.99"), "EUR", 1999),
        (Decimal("1E+3"), "EUR", 100000),
        ("92233720368547758.07", "EUR", LARGEST_MINOR),
    ],
)
def test_an_amount_in_major_units_becomes_exact_minor_units(
    amount: str | int | Decimal, currency: str, minor: int
):
    assert Money.parse(amount, currency) == Money(minor, currency)


@pytest.mark.parametrize("amount", ["1.001", "0.005", "0.0000001"])
def test_a_scale_that_the_currency_lacks_is_an_error_and_never_a_rounding(amount: str):
    with pytest.raises(InputInvalid, match="at most 2 decimal places, in EUR"):
        Money.parse(amount, "EUR")


@pytest.mark.parametrize(
    "amount",
    [
        "1.0000000000000000000000000000001",
        Decimal("1.0000000000000000000000000000001"),
        Decimal("1e-1000030"),
        "9999999999999999999999999999.99",
        Decimal("1e1000000"),
        "92233720368547758.08",
        "-92233720368547758.08",
    ],
)
def test_more_digits_than_decimal_arithmetic_keeps_are_refused_and_not_lost(amount: str | Decimal):
    with pytest.raises(InputInvalid):
        Money.parse(amount, "EUR")


@pytest.mark.parametrize(
    "amount",
    [
        "",
        " ",
        "abc",
        "1,50",
        "1 000",
        "1_000",
        "1e3",
        " 1 ",
        "+5",
        ".5",
        "5.",
        "٣",
        "NaN",
        "Infinity",
        1.5,
        1.0,
        True,
        None,
        [],
        Decimal("NaN"),
        Decimal("Infinity"),
    ],
)
def test_what_is_not_a_plain_decimal_is_refused(amount: object):
    with pytest.raises(InputInvalid) as refused:
        Money.parse(amount, "EUR", field="lines[0].unitPrice")
    assert refused.value.field == "lines[0].unitPrice"


@given(amounts)
def test_the_decimal_string_of_an_amount_reads_back_to_the_same_amount(money: Money):
    assert Money.parse(money.amount, money.currency) == money


@given(amounts)
def test_the_decimal_string_has_the_scale_of_the_currency(money: Money):
    _, _, decimals = money.amount.partition(".")
    assert len(decimals) == CURRENCIES[money.currency]


@given(st.integers(), st.integers(), currencies)
def test_sums_and_differences_are_exact(one: int, other: int, currency: str):
    assert Money(one, currency) + Money(other, currency) == Money(one + other, currency)
    assert Money(one, currency) - Money(other, currency) == Money(one - other, currency)


@given(st.integers(), st.integers())
def test_order_is_that_of_the_minor_units(one: int, other: int):
    left, right = Money(one, "EUR"), Money(other, "EUR")
    assert (left < right, left <= right, left > right, left >= right) == (
        one < other,
        one <= other,
        one > other,
        one >= other,
    )


def test_two_currencies_never_mix():
    euro, yen = Money(100, "EUR"), Money(100, "JPY")
    assert euro != yen
    for operation in (
        lambda: euro + yen,
        lambda: euro - yen,
        lambda: euro < yen,
        lambda: euro >= yen,
    ):
        with pytest.raises(InputInvalid, match="JPY"):
            operation()


def test_an_amount_is_shown_with_its_currency():
    assert str(Money(-5, "EUR")) == "-0.05 EUR"
    assert str(Money(1500, "JPY")) == "1500 JPY"
