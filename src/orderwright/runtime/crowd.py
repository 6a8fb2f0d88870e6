"""The balances that the steps of one transaction are about.

What a fact says of a balance is loaded once for a transaction, as it is before its first step. A fact that can say
what becomes of it when its balance changes lets many steps about one balance share a transaction, and the lock on it
is taken once for all of them: each step decides by what those before it will have booked. That holds only if they
are written; when one is not, the whole transaction is undone, and each goes on alone.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from orderwright.runtime.ledger import bookings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from orderwright.runtime.fact import FactRequest, Facts
    from orderwright.runtime.ledger import Ledgers
    from orderwright.runtime.transition import Prepared


class Entangled(Exception):
    """A step was not written by whose bookings others have decided; their transaction must not be committed."""


class Crowd:
    """The steps of one transaction, as far as balances are concerned."""

    def __init__(self, facts: Facts, ledgers: Ledgers) -> None:
        self._facts = facts
        self._ledgers = ledgers
        self._taken: set[str] = set()
        self._booked: Counter[str] = Counter()
        self._followed: set[str] = set()
        self._waited_for: set[str] = set()

    def admits(self, names: frozenset[str], request: FactRequest) -> bool:
        """Tell whether a step that needs these facts may be one of this transaction; if so, it is."""
        exclusive = self._facts.exclusive_balances(names, request)
        if exclusive & self._taken:
            return False
        self._taken |= exclusive
        return True

    def facts_for(
        self, names: frozenset[str], request: FactRequest, loaded: Mapping[str, object]
    ) -> dict[str, object] | None:
        """Return the facts of a step as they are after the steps before it; None if one of them cannot be told.

        Whoever comes after a step that has to wait waits too, if both are about one balance: nobody takes its turn.
        """
        if self._waited_for and not self._waited_for.isdisjoint(
            self._facts.balances(names, request)
        ):
            self._let_wait(names, request)
            return None
        facts = dict(loaded)
        for name, moved, balance in self._facts.moved(names, request, self._booked):
            if name in facts:
                value = moved(facts[name], balance, self._booked[balance])
                if value is None:
                    self._let_wait(names, request)
                    return None
                self._followed.add(balance)
                facts[name] = value
        return facts

    def _let_wait(self, names: frozenset[str], request: FactRequest) -> None:
        self._waited_for |= self._facts.balances(names, request)

    def note(self, step: Prepared) -> None:
        """Take in what a step will book."""
        if step.has_bookings:
            for balance, amount in self._bookings(step):
                self._booked[balance] += amount

    def lose(self, step: Prepared) -> None:
        """Take in that a step was not written.

        Raises:
            Entangled: others have decided by what it books.
        """
        if any(balance in self._followed for balance, _ in self._bookings(step)):
            raise Entangled(f"{step.transition.row_id} was not written")

    def _bookings(self, step: Prepared) -> list[tuple[str, int]]:
        return bookings(self._ledgers, step.transition.step.effects)
