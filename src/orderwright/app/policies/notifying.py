"""SEND_NOTIFICATION: tells a user, everybody of a role, or an address; nobody twice.

`to.user` names a person, a customer or a user by id; the word `customer` is whoever stands behind the entity. Who is
no person of this house but a user with an address is written to there. The first line of a text of several lines is
its subject.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final, cast

from orderwright.app.notification.message import Message, Messenger
from orderwright.app.policies.action_record import APPLIED, Done
from orderwright.app.policies.recipient import address_of, link_of, own_ids
from orderwright.app.policies.reviewing import known_role

if TYPE_CHECKING:
    from orderwright.app.notification.inbox import Channel
    from orderwright.app.policies.entity import Work

MESSAGE: Final = "policy.message"
"""The kind of what policies tell people."""
_BEHIND: Final = frozenset({"customer", "user"})
_LONGEST: Final = 120  # characters of a subject
_NO_MAIL: Final = Done.skipped(
    "mail.not_configured", "no mail server is set, so that no mail is sent"
)


async def notify(work: Work) -> Done:
    """Tell whom the policy names."""
    to, message = work.action.config.get("to"), _message(work)
    if not isinstance(to, Mapping):
        return Done.skipped("recipient.unknown", "the action names nobody")
    messenger = Messenger(work.house.engine, work.house.jobs)
    if "address" in to:
        return await _write(work, messenger, str(to["address"]), message)
    if "role" in to:
        role = known_role(str(to["role"]))
        told = await messenger.tell_role(work.connection, role, message)
        return APPLIED if told else _nobody(f"nobody has the role {role}")
    return await _tell_user(work, messenger, str(to.get("user")), message)


async def _tell_user(work: Work, messenger: Messenger, named: str, message: Message) -> Done:
    ids = await own_ids(work) if named in _BEHIND else [named]
    if await messenger.tell_people(work.connection, ids, message):
        return APPLIED
    address = await address_of(work) if named in _BEHIND else None
    if address is None:
        return _nobody(f"{named} is nobody who can be told")
    return await _write(work, messenger, address, message)


async def _write(work: Work, messenger: Messenger, address: str, message: Message) -> Done:
    if not messenger.has_mail:
        return _NO_MAIL
    await messenger.write(work.connection, address, message)
    return APPLIED


def _nobody(message: str) -> Done:
    return Done.skipped("recipient.unknown", message)


def _message(work: Work) -> Message:
    action = work.action
    subject, body = _worded(action.told("template"))
    return Message(
        id=action.id,
        kind=MESSAGE,
        subject=subject,
        body=body,
        link=link_of(action.entity_type, action.entity_id),
        channels=cast("Collection[Channel]", action.config.get("channels") or ("APP", "MAIL")),
        root_id=action.root_id,
        correlation_id=action.correlation_id,
        causation_id=action.event_id or action.execution_id,
        at=work.house.engine.clock.now(),
    )


def _worded(text: str) -> tuple[str, str]:
    """Return subject and body; a subject is one line, and what a fact holds cannot make it another header."""
    first, _, rest = text.strip().partition("\n")
    subject = " ".join(first.split())
    if len(subject) > _LONGEST:
        return f"{subject[: _LONGEST - 1]}…", text.strip()
    return subject, rest.strip() or subject
