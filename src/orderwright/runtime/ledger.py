"""Ledgers: rows that only come to more, and for each account of a ledger the balance that they add up to.

A chart posts to a ledger. Of a ledger that the application declares here it is known how its data are read: as a
*booking*, an amount on an account and the bounds that the account's balance must keep. The row, the change of the
balance and the rest of the step are written together or not at all; a step whose booking would take a balance out of
its bounds, or beyond what the database can count, is refused with `balance_guard` and the numbers. Posts to other
ledgers are rows without a balance.

Balances are locked after instances, in the order of their keys. A step that decides by a balance declares a fact that
reads it here with `lock`, so that it cannot change before the booking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from orderwright.errors import RuntimeFault, shown
from orderwright.json_text import is_storable, keep, load
from orderwright.runtime.command import LONGEST_ID
from orderwright.statechart import Effect, Post, Refused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from orderwright.runtime.pool import Connection, Pool

GUARD: Final = "balance_guard"
"""The word that `apply_steps` answers with, and the code of the refusal that comes of it."""
LARGEST: Final = 10**17
"""Amounts and bounds are smaller than this, so that one step never brings what the database cannot count."""
LONGEST_ACCOUNT: Final = 2 * LONGEST_ID + 1
"""Characters of an account: two ids and what joins them. An index holds it, and its entries have a limit."""
_LEAST, _MOST = -(2**63), 2**63 - 1
"""What a balance can be."""


class BookingInvalid(RuntimeFault):
    """What a chart posts to a ledger cannot be booked; the step is not taken."""

    code = "booking.invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """What a row does to a balance.

    Attributes:
        account: whose balance; up to `LONGEST_ACCOUNT` characters.
        amount: what is added to it, in the ledger's unit; negative to take away.
        floor: the least that the balance may be afterwards; None: as little as you like.
        ceiling: the most that it may be afterwards; None: as much as you like.
    """

    account: str
    amount: int
    floor: int | None = None
    ceiling: int | None = None

    def __post_init__(self) -> None:
        if not 0 < len(self.account) <= LONGEST_ACCOUNT or not is_storable(self.account):
            expected = f"1 to {LONGEST_ACCOUNT} characters, none of them NUL or half a pair"
            raise ValueError(f"account: expected {expected}, found {shown(self.account)}")
        for name in ("amount", "floor", "ceiling"):
            _require_whole(name, getattr(self, name), optional=name != "amount")


Reads: TypeAlias = Callable[[Mapping[str, object]], Booking]
"""Reads the data of a post; raises ValueError, TypeError or KeyError where they cannot be read."""
Ledgers: TypeAlias = Mapping[str, Reads]
"""The ledgers with balances, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """An account whose balance is not what its rows add up to."""

    ledger: str
    account: str
    balance: int
    rows: int


def row_of(ledgers: Ledgers, post: Post) -> dict[str, object]:
    """Return a post as `apply_steps` takes it.

    Raises:
        BookingInvalid: its ledger has balances, and its data are no booking.
        ValueError, TypeError: its data cannot be kept; see `json_text.keep`.
    """
    row: dict[str, object] = {"ledger": post.ledger, "data": keep(dict(post.data))}
    reads = ledgers.get(post.ledger)
    if reads is None:
        return row
    try:
        booking = reads(post.data)
    except (ValueError, TypeError, KeyError) as error:
        raise _invalid(post, error) from error
    return row | {
        "account": booking.account,
        "amount": booking.amount,
        "floor": _LEAST if booking.floor is None else booking.floor,
        "ceiling": _MOST if booking.ceiling is None else booking.ceiling,
    }


def bookings(ledgers: Ledgers, effects: Iterable[Effect]) -> list[tuple[str, int]]:
    """Return the balances that effects change, by `balance_name`, with the amounts; they were found to be bookings."""
    posts = [one for one in effects if isinstance(one, Post) and one.ledger in ledgers]
    read = [(post.ledger, ledgers[post.ledger](post.data)) for post in posts]
    return [(balance_name(ledger, booking.account), booking.amount) for ledger, booking in read]


def booked_balances(ledgers: Ledgers, effects: Iterable[Effect]) -> set[str]:
    """Return the balances that effects change, by `balance_name`, before they were found to be bookings.

    What is none changes no balance; `row_of` tells what is wrong with it.
    """
    found: set[str] = set()
    for post in effects:
        if isinstance(post, Post) and post.ledger in ledgers:
            with suppress(ValueError, TypeError, KeyError):
                found.add(balance_name(post.ledger, ledgers[post.ledger](post.data).account))
    return found


def balance_name(ledger: str, account: str) -> str:
    """Return how a fact names the balance of an account."""
    return f"{ledger}/{account}"


def beyond(answer: str) -> Refused:
    """Read the answer of `apply_steps` about a balance that would leave its bounds."""
    values = load(answer.removeprefix(GUARD))
    numbers = {name: value for name, value in values.items() if isinstance(value, int)}
    stands = numbers["balance"] + numbers["amount"]
    bound, side = ("floor", "below") if stands < numbers["floor"] else ("ceiling", "above")
    for name in {"floor", "ceiling"} - {bound}:
        if numbers[name] in (_LEAST, _MOST):
            values[name] = None  # the booking has none
    name = f"{values['ledger']} of {values['account']}"
    return Refused("balance_guard", f"{name} would be {stands}, {side} {numbers[bound]}", values)


async def balances(
    connection: Connection, ledger: str, accounts: Iterable[str], *, lock: bool
) -> dict[str, int]:
    """Return the balances of accounts; of one that has no rows it is 0.

    With `lock`, in a transaction, they stay as they are until it ends; accounts without rows are made before any is
    locked, so that they can be.
    """
    names = sorted(set(accounts))
    rows = await connection.fetch(_LOCK if lock else _READ, ledger, names)
    if lock and len(rows) < len(names):  # once for each account
        await connection.execute(_MAKE, ledger, names)
        rows = await connection.fetch(_LOCK, ledger, names)
    return dict.fromkeys(names, 0) | {row["account"]: row["amount"] for row in rows}


async def differences(pool: Pool) -> AsyncIterator[Difference]:
    """Yield every account whose balance is not the sum of its rows, as of one moment."""
    async with (
        pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        async for row in connection.cursor(_DIFFERENCES):
            yield Difference(**dict(row))


def _require_whole(name: str, value: object, *, optional: bool) -> None:
    if value is None and optional:
        return
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= LARGEST:
        raise ValueError(f"{name}: expected a whole number below 10^17, found {value!r}")


def _invalid(post: Post, error: Exception) -> BookingInvalid:
    return BookingInvalid(
        f"a post to the ledger {post.ledger} cannot be booked: {error!r}",
        values={"ledger": post.ledger, "data": dict(post.data)},
    )


_MAKE = """
insert into orderwright.balance (ledger, account, amount, updated_at)
select $1, name, 0, 'epoch' from unnest($2::text[]) as name order by name
on conflict (ledger, account) do nothing
"""
_READ = """
select account, amount from orderwright.balance
where ledger = $1 and account = any($2::text[]) order by account
"""
# Nothing where a row is missing: it is made first, with none locked, so that nobody waits for who waits for it.
_LOCK = """
select account, amount from orderwright.balance
where ledger = $1 and account = any($2::text[]) and cardinality($2) = (
    select count(*) from orderwright.balance where ledger = $1 and account = any($2::text[]))
order by account for update
"""
_DIFFERENCES = """
select ledger, account, coalesce(b.amount, 0) as balance, coalesce(e.amount, 0)::bigint as rows
from orderwright.balance as b
full join (
    select ledger, account, sum(amount) as amount from orderwright.ledger_entry
    where account is not null group by ledger, account) as e using (ledger, account)
where coalesce(b.amount, 0) <> coalesce(e.amount, 0)
order by ledger, account
"""
