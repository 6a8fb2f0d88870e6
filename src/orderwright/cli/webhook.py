"""`orderwright webhook list|add|pause|resume|deliveries`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, TypeVar

from orderwright.app.settings import Settings
from orderwright.cli import running
from orderwright.cli.number import require_number
from orderwright.cli.output import Output, add_json

if TYPE_CHECKING:
    from orderwright.app.webhooks import Webhooks
    from orderwright.runtime.webhook.delivery_list import DeliveryState
    from orderwright.runtime.webhook.subscription import Subscription

T = TypeVar("T")
_OPERATOR = "cli"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verbs."""
    verbs = parser.add_subparsers(metavar="VERB", dest="verb", required=True)
    listing = verbs.add_parser("list", help="show every subscription, the oldest first")
    adding = verbs.add_parser("add", help="subscribe an endpoint to events from now on")
    adding.add_argument("url", metavar="URL", help="HTTPS, at a public address")
    adding.add_argument(
        "patterns", nargs="+", metavar="PATTERN", help="the name of an event, sale.* or *"
    )
    pausing = verbs.add_parser("pause", help="stop sending; what would be sent waits")
    pausing.add_argument("--reason", default="paused by the operator", help="kept with it")
    resuming = verbs.add_parser("resume", help="send again, at once, what is waiting")
    delivering = verbs.add_parser("deliveries", help="show deliveries, the newest first")
    delivering.add_argument("--status", choices=("waiting", "delivered", "dead"), help="only such")
    delivering.add_argument("--limit", type=int, default=50, help="how many; 50 by default")
    for verb in (pausing, resuming, delivering):
        verb.add_argument("id", metavar="ID", help="of the subscription")
    for verb in (listing, adding, pausing, resuming, delivering):
        add_json(verb)


def run(arguments: argparse.Namespace, output: Output) -> int:
    """Do what the verb says."""
    _VERBS[arguments.verb](arguments, output)
    return 0


def _list(_: argparse.Namespace, output: Output) -> None:
    found = _with_webhooks(lambda webhooks: webhooks.subscriptions())
    shown = "\n".join(map(_subscription, found)) or "no subscriptions"
    output.answer(shown, {"subscriptions": [_told(one) for one in found]})


def _add(arguments: argparse.Namespace, output: Output) -> None:
    url, patterns = arguments.url, arguments.patterns
    added, secret = _with_webhooks(
        lambda webhooks: webhooks.subscribe(url, patterns, by=_OPERATOR)
    )
    shown = f"{added}\nsecret, shown this once: {secret}"
    output.answer(shown, {"subscription_id": added, "secret": secret})


def _pause(arguments: argparse.Namespace, output: Output) -> None:
    chosen, reason = arguments.id, arguments.reason
    _with_webhooks(lambda webhooks: webhooks.pause(chosen, reason=reason))
    output.answer(f"{chosen} is paused", {"subscription_id": chosen, "status": "paused"})


def _resume(arguments: argparse.Namespace, output: Output) -> None:
    chosen = arguments.id
    _with_webhooks(lambda webhooks: webhooks.resume(chosen))
    output.answer(f"{chosen} is resumed", {"subscription_id": chosen, "status": "active"})


def _deliveries(arguments: argparse.Namespace, output: Output) -> None:
    require_number("--limit", arguments.limit)
    found = _with_webhooks(
        lambda webhooks: webhooks.deliveries(
            arguments.id, status=arguments.status, limit=arguments.limit
        )
    )
    shown = "\n".join(map(_delivery, found)) or "no deliveries"
    output.answer(shown, {"deliveries": [_told(one) for one in found]})


_VERBS = {
    "list": _list,
    "add": _add,
    "pause": _pause,
    "resume": _resume,
    "deliveries": _deliveries,
}


def _with_webhooks(ask: Callable[[Webhooks], Awaitable[T]]) -> T:
    async def work(settings: Settings) -> T:
        async with running.application(settings) as app:
            return await ask(app.webhooks)

    return running.run(work, quiet=True)


def _told(one: Subscription | DeliveryState) -> object:
    return json.loads(json.dumps(asdict(one), default=str))


def _subscription(one: Subscription) -> str:
    state = "active"
    if one.paused_at is not None:
        state = f"paused: {one.pause_reason}"
    elif one.failing_since is not None:
        state = f"failing since {one.failing_since.isoformat(timespec='seconds')}"
    return f"{one.subscription_id}  {one.url}  {' '.join(one.patterns)}  {state}"


def _delivery(one: DeliveryState) -> str:
    made = one.created_at.isoformat(timespec="seconds")
    head = f"{one.message_id}  {one.name}  {one.status}  {one.attempts} attempts  {made}"
    return f"{head}\n    {one.error}" if one.error else head
