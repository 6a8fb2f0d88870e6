"""Looking again at the sales that a change of their customer's credit concerns, the oldest first.

Only those can be concerned that are open on credit terms or with their payment waived, or cleared with a hold. Of
these a change concerns who waits and fits into the limit now, and who holds credit while the limit is exceeded; so a
customer with very many waiting sales costs no more than what comes of it. A RECHECK that changes nothing tells nobody
anything, so that there is no end of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import structlog

from orderwright.app.credit.locking import account_of, hold_sales
from orderwright.domain.orders.credit import overage_minor
from orderwright.domain.orders.credit_terms import CREDIT_TERMS
from orderwright.domain.orders.exposure import outstanding_minor
from orderwright.domain.reading import integer, mapping
from orderwright.errors import RuntimeFault
from orderwright.runtime.command import Send
from orderwright.runtime.joining import Owned
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.credit.account import Account
    from orderwright.domain.orders.credit import Rule
    from orderwright.runtime.command import Cause
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection

Step: TypeAlias = "Callable[[Engine, Connection, Looking, Cause], Awaitable[int]]"
"""Has a sale look again, and returns what it holds afterwards."""
_LATE: Final = frozenset({"unhandled", "blocked", "done"})

_logger = structlog.get_logger(__name__)


class RecheckRefused(RuntimeFault):
    """A sale that was to be looked at again refused for a reason that somebody has to look into."""

    code = "credit.recheck_refused"


class Looking(NamedTuple):
    """A sale that a change may concern: what it holds, has open, and was once allowed beyond the limit."""

    sale_id: str
    account: Account
    held: int
    uncovered: int
    approved: int

    def is_concerned(self, *, limit: int, owed: int) -> bool:
        """Tell whether a RECHECK can change it; what was allowed counts here even if it has ended."""
        overage = overage_minor(
            limit_minor=limit, exposure_minor=owed - self.held, uncovered_minor=self.uncovered
        )
        return overage > 0 if self.held else overage <= self.approved


async def recheck(
    engine: Engine,
    connection: Connection,
    causes: Mapping[Account, Cause],
    *,
    with_held: Collection[Account],
    rule: Rule | None,
) -> int:
    """Have the sales of accounts look at their credit again, in the caller's transaction; return how many did.

    Args:
        engine: runs the sales.
        connection: in a transaction that has locked no sale and no balance yet; see `locking`.
        causes: why, for each account.
        with_held: the accounts of which the sales that hold credit are meant as well as those that wait for it.
        rule: how limits come about, to leave those alone that the change does not concern; None: leave out nobody.

    Raises:
        RecheckRefused: a sale refused as none should.
    """
    sale_ids = await _candidates(connection, {one: one in with_held for one in causes})
    return await look_again(engine, connection, sale_ids, causes.__getitem__, rule=rule)


async def look_again(
    engine: Engine,
    connection: Connection,
    sale_ids: Sequence[str],
    cause_of: Callable[[Account], Cause],
    *,
    rule: Rule | None,
    step: Step | None = None,
) -> int:
    """Have sales look at their credit again, in the order given; `step` has one do so. See `recheck`."""
    if not sale_ids:
        return 0
    held = await hold_sales(connection, sale_ids)
    owed, known = dict(held.exposures), held.profiles
    limits = {} if rule is None else {one: known[one].limit_minor(rule) for one in known}
    count, have_look = 0, step or recheck_sale
    for sale in (_sale(one, held.sales[one]) for one in sale_ids):
        if sale.account not in owed:
            continue  # it has moved on since it was found, and turns on credit no more
        limit = limits.get(sale.account)
        if limit is None or sale.is_concerned(limit=limit, owed=owed[sale.account]):
            holds = await have_look(engine, connection, sale, cause_of(sale.account))
            owed[sale.account] += holds - sale.held
            count += 1
    return count


async def _candidates(connection: Connection, accounts: Mapping[Account, bool]) -> list[str]:
    """Find the sales that may be concerned, the oldest first."""
    rows = await connection.fetch(
        _CANDIDATES,
        [one.customer_id for one in accounts],
        [one.currency for one in accounts],
        list(accounts.values()),
        list(CREDIT_TERMS),
    )
    return [row["id"] for row in rows]


def _sale(sale_id: str, context: Mapping[str, object]) -> Looking:
    override = mapping(mapping(context, "overrides"), "CREDIT")
    return Looking(
        sale_id=sale_id,
        account=account_of(context),
        held=integer(context, "creditHeldMinor"),
        uncovered=outstanding_minor(context),
        approved=integer(override, "amountMinor") if "amountMinor" in override else 0,
    )


async def recheck_sale(engine: Engine, connection: Connection, sale: Looking, cause: Cause) -> int:
    """Have one sale look at its credit again, and return what it holds afterwards.

    Raises:
        RecheckRefused: it refused as none should.
    """
    result = await engine.carry_out(
        Send(instance_id=sale.sale_id, event=Event("RECHECK"), cause=cause),
        connection=Owned(connection),
    )
    if result.refused is not None:
        if result.refused.code not in _LATE:
            raise RecheckRefused(f"RECHECK to {sale.sale_id}: {result.refused.message}")
        _logger.info("recheck_late", instance_id=sale.sale_id, code=result.refused.code)
        return sale.held
    assert result.snapshot is not None
    return integer(result.snapshot.context, "creditHeldMinor")


TURN_ON_CREDIT: Final = """
join orderwright.instance i on i.instance_id = so.id
cross join lateral (select (i.snapshot::jsonb)->'context' as context) c
where case
        when i.state in ('AWAITING_PAYMENT_METHOD', 'PAYMENT_INITIATED', 'PAYMENT_PENDING_CONFIRMATION',
                         'PAYMENT_FAILED', 'OVERRIDE_REVIEW')
          then c.context #>> '{{overrides,ADMIN,status}}' = 'GRANTED' or c.context->>'method' = any({terms})
        when i.state = 'CLEARED_FOR_FULFILMENT'
          then {with_held} and (c.context->>'creditHeldMinor')::bigint > 0
        else false end
"""
"""Keeps of the orders `so` those that a change of credit can concern; to be formatted."""
_CANDIDATES: Final = (
    """
select so.id
from unnest($1::text[], $2::text[], $3::bool[]) as asked (customer_id, currency, with_held)
join orderwright.sale_order so on so.customer_id = asked.customer_id and so.currency = asked.currency
"""
    + TURN_ON_CREDIT.format(terms="$4::text[]", with_held="asked.with_held")
    + "order by so.placed_at, so.id"
)
