"""Money as integer minor units of an ISO 4217 currency; no floats anywhere.

At the doors amounts are decimal strings in major units ("1234.50"); a scale that the currency does not have is
an error, never a rounding. Inside, charts and tables carry the integer of minor units beside a currency code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import total_ordering

from orderwright.errors import InputInvalid

# ISO 4217 minor units that are not 2. Source: the ISO 4217 table of active codes ("CcyMnrUnts").
_EXPONENTS = {
    **dict.fromkeys(
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
    ),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}
CURRENCIES = frozenset(
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN "
    "BWP BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN "
    "ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD "
    "JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT "
    "MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG "
    "QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT "
    "TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF "
    "XPF YER ZAR ZMW ZWG".split()
)
"""The codes of every currency that amounts may be in."""
LARGEST_MINOR = 2**63 - 1
"""The largest number of minor units that an amount may have: what a PostgreSQL bigint holds."""

_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?")  # no exponents, spaces, underscores or other scripts
_LONGEST = 20  # digits of an amount before or after the point, far above a bigint


def exponent(currency: str) -> int:
    """Return the number of decimal places of a currency.

    Raises:
        InputInvalid: the code is not an active ISO 4217 currency.
    """
    if currency not in CURRENCIES:
        raise InputInvalid("currency", currency, "an ISO 4217 code such as EUR or NGN")
    return _EXPONENTS.get(currency, 2)


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount: `minor` units (cents, kobo, yen) of `currency`."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, amount: str | int | Decimal, currency: str, *, field: str = "amount") -> Money:
        """Read an amount in major units.

        Args:
            amount: a plain decimal string ("-1234.50"), or a number that was parsed exactly; never a float.
            currency: ISO 4217 code.
            field: the name to blame in an error.

        Raises:
            InputInvalid: not a finite decimal, more decimal places than the currency has, too large, or a
                currency that does not exist.
        """
        places = exponent(currency)
        expected = f"a decimal with at most {places} decimal places, in {currency}"
        if isinstance(amount, bool | float) or not isinstance(amount, str | int | Decimal):
            raise InputInvalid(field, amount, expected)
        if isinstance(amount, str) and not _PLAIN.fullmatch(amount):
            raise InputInvalid(field, amount, expected)
        value = Decimal(amount)
        if not value.is_finite() or abs(value.adjusted()) > _LONGEST:
            raise InputInvalid(field, amount, expected)
        minor = (
            Fraction(value) * 10**places
        )  # exact; Decimal arithmetic rounds to its context's precision
        if minor.denominator != 1 or abs(minor) > LARGEST_MINOR:
            raise InputInvalid(field, amount, expected)
        return cls(int(minor), currency)

    @property
    def amount(self) -> str:
        """The amount in major units as an exact decimal string with the currency's scale."""
        places = exponent(self.currency)
        sign, digits = ("-" if self.minor < 0 else ""), str(abs(self.minor)).rjust(places + 1, "0")
        return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise InputInvalid("currency", other.currency, self.currency)
        return other.minor
