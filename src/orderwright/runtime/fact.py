"""Facts: what the world knows at the moment of a step, loaded by functions that the application supplies.

A plain function loads a fact for one step. It may lock what it likes, so a step that needs it has a transaction of its
own. A `SharedFact` loads it for many steps in one transaction, and says which balances it locks for each. Steps about
the same balance share a transaction only if the fact can say what it becomes when its balance changes (`crowd`); else
the second one would not see what the first did.

A shared fact is loaded only for steps that look at it, or at another one that their event declares (`glance`).
"""

from __future__ import annotations

import operator
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from orderwright.errors import RuntimeFault
from orderwright.json_text import DEEPEST, Unfit, require_fit
from orderwright.runtime.interruption import faults_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Set as AbstractSet
    from datetime import datetime

    from orderwright.runtime.command import Actor
    from orderwright.runtime.pool import Connection
    from orderwright.statechart import Event, Snapshot


class FactUnknown(RuntimeFault):
    """A chart declares a fact that nobody loads."""

    code = "fact.unknown"


class FactUnfit(RuntimeFault):
    """A loader returns what could not be kept beside the step, or not be read back by everybody."""

    code = "fact.unfit"


_LEVELS: Final = DEEPEST - 1
"""How many levels a fact may nest: it is kept as one of several, and a chart may put it into its context."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRequest:
    """For what a fact is asked.

    Attributes:
        snapshot: None while the instance is being created.
        event: None in create and in explain.
        lock: True when a step follows in this transaction: balances must be locked, in key order.
            False in explain and in a simulation, which only look.
    """

    instance_id: str
    root_id: str
    chart_id: str
    snapshot: Snapshot | None
    event: Event | None
    actor: Actor
    now: datetime
    lock: bool = True


def _no_balance(_: FactRequest) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedFact:
    """A fact that is loaded for several steps at once.

    Attributes:
        load: returns a value for each request, in their order. What it locks it locks in one statement, in the order
            of its keys. It does not depend on what steps about other balances do.
        balances: names what is locked for update because of a request.
        covers: tells whether a name of `balances` stands for the balance of an account, named by
            `ledger.balance_name`; by default it is the same name.
        moved: says what a value becomes when a balance that it covers has changed by so much, in a transaction that
            has locked it; None if it cannot tell, so that the step has to wait for another transaction. Without it no
            two steps of one transaction share a name.
        is_free: whether it locks nothing, so that it may be loaded before others whose names come before it.
    """

    load: Callable[[Connection, Sequence[FactRequest]], Awaitable[Sequence[object | None]]]
    balances: Callable[[FactRequest], Iterable[str]] = _no_balance
    covers: Callable[[str, str], bool] = operator.eq
    moved: Follower | None = None
    is_free: bool = False


Follower: TypeAlias = Callable[[object, str, int], "object | None"]
"""Says what a value becomes when a balance changes; see `SharedFact.moved`."""
FactLoader: TypeAlias = (
    "Callable[[Connection, FactRequest], Awaitable[object | None]] | SharedFact"
)
"""Gives JSON-ready values, or None when one is unknown; then the fact is left out."""


class Facts:
    """The loaders of an application."""

    def __init__(self, loaders: Mapping[str, FactLoader]) -> None:
        self._loaders = loaders
        self._shared_ones = {
            name: one for name, one in loaders.items() if isinstance(one, SharedFact)
        }

    def are_shared(self, names: AbstractSet[str]) -> bool:
        """Tell whether all of these can be loaded for several steps at once."""
        return names <= self._shared_ones.keys()

    def free(self, names: Iterable[str]) -> set[str]:
        """Return those of these facts that lock nothing."""
        return {name for name, one in self._shared(names) if one.is_free}

    def balances(self, names: Iterable[str], request: FactRequest) -> set[str]:
        """Return what these facts lock for update because of a request."""
        return {balance for _, one in self._shared(names) for balance in one.balances(request)}

    def exclusive_balances(self, names: Iterable[str], request: FactRequest) -> set[str]:
        """Return what these facts lock because of a request and let no other step of the transaction have."""
        shared = self._shared(names)
        return {balance for _, one in shared if not one.moved for balance in one.balances(request)}

    def moved(
        self, names: Iterable[str], request: FactRequest, booked: Iterable[str]
    ) -> list[tuple[str, Follower, str]]:
        """Return those facts that change with balances, how they do, and with which of those that were booked on."""
        return [
            (name, one.moved, balance)
            for name, one in self._shared(names)
            if one.moved
            for held in one.balances(request)
            for balance in booked
            if one.covers(held, balance)
        ]

    def cover(self, names: Iterable[str], request: FactRequest, booked: Iterable[str]) -> bool:
        """Tell whether any of these facts locks, because of a request, one of the balances that are booked on."""
        return any(
            one.covers(held, balance)
            for _, one in self._shared(names)
            for held in one.balances(request)
            for balance in booked
        )

    def _shared(self, names: Iterable[str]) -> list[tuple[str, SharedFact]]:
        shared = self._shared_ones
        return [(name, shared[name]) for name in names if name in shared]

    async def load(
        self, connection: Connection, asked: Sequence[tuple[frozenset[str], FactRequest]]
    ) -> list[dict[str, object]]:
        """Load facts for each request, by name of the fact, so that locks are taken in one order.

        Raises:
            FactUnknown: no loader has one of the names.
            FactUnfit: a loader returns what nests too deeply, or has keys that are not text.
            WorkCancelled, WorkPanicked: a loader raises what is no `Exception`.
        """
        found: list[dict[str, object]] = [{} for _ in asked]
        for name in sorted({name for names, _ in asked for name in names}):
            places = [place for place, (names, _) in enumerate(asked) if name in names]
            values = await self._values(connection, name, [asked[place][1] for place in places])
            for place, value in zip(places, values, strict=True):
                if value is not None:
                    _require_fit(name, value)
                    found[place][name] = value
        return found

    async def _values(
        self, connection: Connection, name: str, requests: Sequence[FactRequest]
    ) -> Sequence[object | None]:
        loader = self._loaders.get(name)
        if loader is None:
            raise FactUnknown(f"no loader for the fact {name!r}", values={"fact": name})
        with faults_of(f"the loader of {name!r}"):
            if isinstance(loader, SharedFact):
                return await loader.load(connection, requests)
            return [await loader(connection, request) for request in requests]


def _require_fit(name: str, value: object) -> None:
    try:
        require_fit(value, _LEVELS)
    except Unfit as error:
        field = error.field(name)
        raise FactUnfit(
            f"the fact {field}: expected {error.expected}",
            values={"fact": name, "field": field, "expected": error.expected},
        ) from None
