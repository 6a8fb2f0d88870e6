"""What happens in the demo once its policies are in force: an order, a user and a pay-out that they have a say in.

Everything is asked by the commands that people use, under keys of its own: what was done before is done once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orderwright.app.compliance.payouts import NewPayOut
from orderwright.app.compliance.users import NewUser
from orderwright.app.orders import Asked, NewTerms
from orderwright.app.permissions import Identity, Role
from orderwright.app.seed.catalogue import CUSTOMERS, PRODUCTS

if TYPE_CHECKING:
    from orderwright.app.bootstrap import Orderwright

_CURRENCY: Final = "EUR"
_PIECES: Final = 40
_PRICE: Final = "420.00"
"""Forty of these are above the line of the policy High amount."""


async def let_decide(app: Orderwright) -> None:
    """Let policies decide on an order of a high amount, a user with a short-lived address, and a large pay-out."""
    buyer = next(one for one in CUSTOMERS if one.currency == _CURRENCY)
    product = next(one for one in PRODUCTS if one.currency == _CURRENCY)
    line = {"sku": product.sku, "quantity": _PIECES, "unitPrice": _PRICE}
    terms = NewTerms(customer_id=buyer.id, channel="CONSUMER", currency=_CURRENCY, lines=[line])
    user = NewUser(id="demo-user-brief", email="brief@mailinator.com", country="FR")
    payout = NewPayOut(
        amount="18500.00", currency=_CURRENCY, reason="Withdrawal", user_id="demo-user-greta"
    )
    await app.orders.create_order(terms, _asked("order"))
    await app.users.register(user, _asked("user"))
    await app.pay_outs.request(payout, _asked("payout"))
    await app.worker.drain()


def _asked(what: str) -> Asked:
    admin = Identity(id="admin", login="admin", name="admin", roles=frozenset({Role.ADMIN}))
    return Asked(by=admin, idempotency_key=f"seed/decided/{what}")
