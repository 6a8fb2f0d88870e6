"""The steps by which a scenario begins and goes on: every one is a command through a door, or time that passes."""

from __future__ import annotations

import asyncio
from typing import Any

from acceptance.play import Play
from acceptance.scenario import Step

FULFILLING = {
    "PACKAGE_SHIPPED": {"carrier": "DHL", "tracking": "JD01"},
    "FAIL": {"reason": "burnt"},
    "CANCEL": {"reason": "not to be had"},
    "SERVICE_SCHEDULED": {"at": "2026-03-09T09:00:00Z"},
    "RETURN_REQUESTED": {"reason": "worn"},
    "RETURN_RECEIVED": {"condition": "SELLABLE"},
    "RETURN_REJECTED": {"reason": "used"},
}
"""What the warehouse says of some events."""


def order(price: str = "100.00", *, limit: str | None = "0.00", **more: Any) -> Step:
    """A new customer, with a limit of credit or no profile at all, has placed an order."""

    async def step(play: Play) -> None:
        await play.meet(limit)
        await play.place(price, **more)

    return step


def another_order(price: str = "100.00", **more: Any) -> Step:
    """The same customer places another order, which is what follows is about."""

    async def step(play: Play) -> None:
        await play.place(price, **more)

    return step


def turn_to(number: int) -> Step:
    """What follows is about another of the orders that were placed, counted from 0."""

    async def step(play: Play) -> None:
        play.order = play.orders[number]

    return step


def quotation(price: str = "100.00", *, days: float = 3) -> Step:
    """A draft for bob that holds for so many days."""

    async def step(play: Play) -> None:
        await play.offer(price, days)

    return step


def tell(event: str, *, by: str = "admin", **data: Any) -> Step:
    """Send an event to the order."""

    async def step(play: Play) -> None:
        await play.send("Sale", event, data, by=by)

    return step


def decide(event: str, **data: Any) -> Step:
    """Policies say something of the order, for which there is no other door."""

    async def step(play: Play) -> None:
        await play.decide(event, data)

    return step


def quote(event: str, *, by: str = "clerk", **data: Any) -> Step:
    """Send an event to the quotation."""

    async def step(play: Play) -> None:
        await play.send("Quotation", event, data, by=by)

    return step


def approve(side: str, *, version: int = 1, by: str | None = None) -> Step:
    """A party approves a version: bob buys, the clerk sells."""
    return quote(
        f"{side}_APPROVES", by=by or {"BUYER": "bob", "SELLER": "clerk"}[side], version=version
    )


def agree(version: int = 1) -> Step:
    """The quotation is shared, both parties approve, and the order that it becomes is what follows is about."""

    async def step(play: Play) -> None:
        await quote("SHARE")(play)
        for side in ("BUYER", "SELLER"):
            await approve(side, version=version)(play)
        await follow_order()(play)

    return step


def agree_elsewhere(version: int) -> Step:
    """Another version is agreed and becomes an order, while what follows stays about this one."""

    async def step(play: Play) -> None:
        this = play.order
        await agree(version)(play)
        assert play.order != this
        play.order = this

    return step


def follow_order() -> Step:
    """What follows is about the order that the quotation became."""

    async def step(play: Play) -> None:
        play.order = (await play.offered())["orderId"]
        assert (await play.sale())["quotation"]["id"] == play.quotation

    return step


def fulfil(*events: str, by: str = "will") -> Step:
    """The warehouse sends events to the last fulfilment of the order."""

    async def step(play: Play) -> None:
        for event in events:
            await play.send("Fulfilment", event, FULFILLING.get(event, {}), by=by)

    return step


def fulfil_so(event: str, *, by: str = "will", **data: Any) -> Step:
    """Send an event with data of its own to the last fulfilment."""

    async def step(play: Play) -> None:
        await play.send("Fulfilment", event, {**FULFILLING.get(event, {}), **data}, by=by)

    return step


def about_return(number: int, event: str, *, by: str = "will") -> Step:
    """Send an event that names the nth return of the last fulfilment."""

    async def step(play: Play) -> None:
        returns = await play.returns()
        await fulfil_so(event, by=by, returnId=returns[number - 1]["id"])(play)

    return step


def arrive(sku: str, pieces: int) -> Step:
    """Goods arrive at the main warehouse."""

    async def step(play: Play) -> None:
        query = """mutation ($sku: ID!, $pieces: Int!) { receiveStock(sku: $sku, location: "main",
          quantity: $pieces, reference: "van") { __typename } }"""
        await play.command(query, by="will", sku=sku, pieces=pieces)

    return step


def ship() -> Step:
    return fulfil("FULFILMENT_STARTED", "PACKAGE_SHIPPED")


def deliver() -> Step:
    return fulfil("FULFILMENT_STARTED", "PACKAGE_SHIPPED", "PACKAGE_DELIVERED")


def register(
    amount: str, *, name: str = "p1", currency: str = "EUR", channel: str = "Consumer"
) -> Step:
    """A payment is announced."""

    async def step(play: Play) -> None:
        await play.register(name, amount, currency, channel)

    return step


def confirm(name: str = "p1", *, by: str = "tony") -> Step:
    async def step(play: Play) -> None:
        await play.move_money(name, "confirmPayment", by)

    return step


def pay(amount: str, *, name: str = "p1", channel: str = "Consumer") -> Step:
    """A payment is registered and confirmed."""

    async def step(play: Play) -> None:
        await register(amount, name=name, channel=channel)(play)
        await confirm(name)(play)

    return step


def fail_payment(name: str = "p1") -> Step:
    async def step(play: Play) -> None:
        await play.move_money(name, "failPayment", "tony", reason="no money")

    return step


def refund(amount: str, *, of: str = "p1", line: int | None = None) -> Step:
    """Give money back, for the sale or for a line of it."""

    async def step(play: Play) -> None:
        lines = {"lines": [{"lineNo": line, "amount": amount}]} if line else {}
        await play.move_money(of, "refundPayment", "tony", amount=amount, reason="late", **lines)

    return step


def charge_back(amount: str, *, of: str = "p1") -> Step:
    async def step(play: Play) -> None:
        await play.move_money(of, "chargeBackPayment", "tony", amount=amount, reason="stolen")

    return step


def ask(kind: str, *, by: str = "clerk") -> Step:
    """Ask for an override."""

    async def step(play: Play) -> None:
        await play.request(kind, by)

    return step


def vote(kind: str, decision: str, *, by: str = "mia", amount: str | None = None) -> Step:
    async def step(play: Play) -> None:
        await play.vote(kind, decision, by, amount)

    return step


def grant(kind: str, *, by: str = "mia", amount: str | None = None) -> Step:
    return vote(kind, "APPROVE", by=by, amount=amount)


def deny(kind: str) -> Step:
    return vote(kind, "DENY")


def race(kind: str, *voters: str) -> Step:
    """Several people approve at the same moment."""

    async def step(play: Play) -> None:
        await asyncio.gather(*(grant(kind, by=one)(play) for one in voters))

    return step


def revoke(kind: str) -> Step:
    async def step(play: Play) -> None:
        await play.end_override(kind, "revokeOverride", "max")

    return step


def withdraw(kind: str, *, by: str = "clerk") -> Step:
    async def step(play: Play) -> None:
        await play.end_override(kind, "withdrawOverride", by)

    return step


def limit(amount: str | None, *, tier: str = "BRONZE") -> Step:
    """A manager sets the customer's limit, or leaves it to what is earned."""

    async def step(play: Play) -> None:
        await play.set_limit(amount, tier)

    return step


def setting(name: str, value: int) -> Step:
    """An admin changes a setting while the house runs."""

    async def step(play: Play) -> None:
        query = """mutation ($name: ID!, $value: SettingValue!) { changeSetting(name: $name, value: $value) {
          __typename } }"""
        await play.command(query, by="admin", name=name, value=value)

    return step


def later(**span: float) -> Step:
    """Time passes; timers fire and events are relayed."""

    async def step(play: Play) -> None:
        await play.stage.later(**span)

    return step
