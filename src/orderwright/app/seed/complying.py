"""Users, KYC sessions, deposits and pay-outs of the demo: some that are done, and some that wait for somebody.

Everything is asked by the commands that people use, under keys of its own: what was done before is done once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderwright.app.compliance.payins import NewPayIn
from orderwright.app.compliance.payouts import NewPayOut
from orderwright.app.compliance.users import NewUser
from orderwright.app.orders import Asked
from orderwright.app.permissions import Identity, Role
from orderwright.app.seed.catalogue import CUSTOMERS
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.bootstrap import Orderwright
    from orderwright.runtime.attempt import Result

Happening = tuple[str, Mapping[str, object]]
"""An event with its data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _User:
    """A user, and what has happened to them and to their KYC session."""

    id: str
    email: str
    country: str
    customer_id: str | None = None
    events: Sequence[Happening] = ()
    kyc: Sequence[Happening] = ()


_PASSPORT: Final[Happening] = (
    "DOCUMENTS_SUBMITTED",
    {"documentType": "PASSPORT", "country": "NG", "provider": "Veriff"},
)
_USERS: Final = (
    _User(
        id="demo-user-greta",
        email="greta.vogel@example.com",
        country="DE",
        customer_id=CUSTOMERS[0].id,
        events=[
            ("ACTIVATE", {}),
            (
                "ADD_WALLET",
                {"walletId": "demo-wallet", "address": "bc1qdemo", "cryptoType": "BTC"},
            ),
        ],
        kyc=[_PASSPORT, ("APPROVE", {"reason": "All is in order"})],
    ),
    _User(id="demo-user-ifeoma", email="ifeoma@example.com", country="NG", kyc=[_PASSPORT]),
    _User(
        id="demo-user-jonas",
        email="jonas@example.com",
        country="NO",
        events=[("RESTRICT", {"reason": "The address does not fit the documents"})],
        kyc=[_PASSPORT, ("DOCUMENTS_REQUIRED", {"types": ["PROOF_OF_ADDRESS"]})],
    ),
    _User(
        id="demo-user-x",
        email="x@example.net",
        country="FR",
        events=[("BLOCK", {"reason": "Forged documents"})],
        kyc=[_PASSPORT, ("REJECT", {"reason": "Forged documents", "final": True})],
    ),
)
_DEPOSITS: Final[Mapping[str, Sequence[Happening]]] = {
    "deposit-open": (),
    "deposit-part": [("PAYIN_RECEIVED", {"amount": "150.00", "reference": "TR-7001"})],
    "deposit-over": [("PAYIN_RECEIVED", {"amount": "260.00", "reference": "TR-7002"})],
    "deposit-done": [
        ("PAYIN_RECEIVED", {"amount": "250.00", "reference": "TR-7003", "sender": "G. Vogel"}),
        ("VERIFY", {"note": "As agreed"}),
    ],
    "deposit-frozen": [
        ("PAYIN_RECEIVED", {"amount": "250.00", "reference": "TR-7004", "sender": "Nobody Ltd"}),
        ("FREEZE", {"reason": "Sent by somebody else"}),
    ],
}
"""What has become of deposits of 250.00 each."""
_PAYOUTS: Final[Mapping[str, tuple[str, bool, Sequence[Happening]]]] = {
    "payout-waiting": ("400.00", False, ()),
    "payout-large": ("25000.00", False, ()),
    "payout-queued": ("120.00", True, ()),
    "payout-sent": ("80.00", True, [("START", {}), ("SENT", {"tx": "9f3c1a"})]),
    "payout-frozen": ("640.00", False, [("FREEZE", {"reason": "A new wallet"})]),
}
"""Pay-outs: the amount, whether one person has approved it, and what happened then."""


class Desk:
    """Lets people and money of the demo come and go; what it has done before is done once."""

    def __init__(self, app: Orderwright) -> None:
        self._app = app
        self._answers: list[Result] = []

    async def serve(self) -> list[Result]:
        """Begin everything, let it be decided, and go on with it; return what the commands answered."""
        app = self._app
        sessions = {user.id: await self._register(user) for user in _USERS}
        deposits = {name: await self._expect(name) for name in _DEPOSITS}
        payouts = {name: await self._request(name) for name in _PAYOUTS}
        for user in _USERS:
            await self._send(app.users.send_kyc, sessions[user.id], user.kyc[:1])
        for name, payin in deposits.items():
            await self._send(app.pay_ins.send, payin, _DEPOSITS[name][:1])
        await app.worker.drain()
        for user in _USERS:
            await self._send(app.users.send, user.id, user.events)
            await self._send(app.users.send_kyc, sessions[user.id], user.kyc[1:], "then")
        for name, payin in deposits.items():
            await self._send(app.pay_ins.send, payin, _DEPOSITS[name][1:], "then")
        for name, payout in payouts.items():
            await self._approve(name, payout)
        await app.worker.drain()
        for name, payout in payouts.items():
            await self._send(app.pay_outs.send, payout, _PAYOUTS[name][2])
        return self._answers

    async def _register(self, user: _User) -> str:
        """Register a user and open their KYC session; return its id."""
        new = NewUser(
            id=user.id, email=user.email, country=user.country, customer_id=user.customer_id
        )
        await self._note(self._app.users.register(new, _asked(user.id)))
        return await self._note(self._app.users.open_kyc(user.id, None, _asked(user.id, "kyc")))

    async def _expect(self, name: str) -> str:
        new = NewPayIn(
            amount="250.00", currency="EUR", method="TRANSFER", user_id="demo-user-greta"
        )
        return await self._note(self._app.pay_ins.expect(new, _asked(name)))

    async def _request(self, name: str) -> str:
        amount = _PAYOUTS[name][0]
        new = NewPayOut(
            amount=amount, currency="EUR", reason="Withdrawal", user_id="demo-user-greta"
        )
        return await self._note(self._app.pay_outs.request(new, _asked(name)))

    async def _approve(self, name: str, payout: str) -> None:
        if _PAYOUTS[name][1]:
            asked = _asked(name, "vote", who=_TREASURER)
            await self._note(self._app.pay_outs.vote(payout, "APPROVE", "Known wallet", asked))

    async def _send(
        self,
        send: Callable[[str, Event, Asked], Awaitable[Result]],
        target: str,
        happenings: Sequence[Happening],
        part: str = "first",
    ) -> None:
        for number, (event, data) in enumerate(happenings):
            asked = _asked(target, part, str(number), who=_DOES_ALL)
            await self._note(send(target, Event(event, data), asked))

    async def _note(self, command: Awaitable[Result]) -> str:
        result = await command
        self._answers.append(result)
        return result.instance_id


def _who(login: str, role: Role) -> Identity:
    return Identity(id=login, login=login, name=login, roles=frozenset({role}))


_DOES_ALL: Final = _who("admin", Role.ADMIN)
_TREASURER: Final = _who("treasury", Role.TREASURY)


def _asked(*name: str, who: Identity = _DOES_ALL) -> Asked:
    return Asked(by=who, idempotency_key="/".join(("seed", "compliance", *name)))
