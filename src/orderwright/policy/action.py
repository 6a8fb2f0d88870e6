"""The eight actions: what each is told, and which of them are restrictive.

What an action does to an order, a pay-in, a pay-out, a KYC session or a user is not said here: the core decides,
others act. Not in the table: how an action ends (applied, skipped, queued), and which roles there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Form = Literal[
    "text", "template", "duration", "boolean", "integer", "choice", "texts", "role", "recipient"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One key of an action's config.

    Attributes:
        form: what its value looks like.
        needed: whether it must be there.
        choices: the words that are allowed (`choice`, and the entries of `texts` if any are listed).
        bounds: of an integer, both included.
    """

    form: Form
    needed: bool = False
    choices: tuple[str, ...] = ()
    bounds: tuple[int, int] = (1, 1000)


PRIORITIES: Final = ("LOW", "NORMAL", "HIGH", "URGENT")
CHANNELS: Final = ("APP", "MAIL")
RECIPIENTS: Final = ("user", "role", "address")

_REASON: Final = Setting(form="template", needed=True)
_SPAN: Final = Setting(form="duration")

ACTIONS: Final[Mapping[str, Mapping[str, Setting]]] = {
    "FREEZE_ORDER": {"reason": _REASON, "release_after": _SPAN},
    "REJECT_TRANSACTION": {
        "category": Setting(form="text", needed=True),
        "reason": _REASON,
        "final": Setting(form="boolean"),
    },
    "REQUEST_DOCUMENT": {
        "types": Setting(form="texts", needed=True),
        "due_days": Setting(form="integer", needed=True, bounds=(1, 365)),
        "reminders": Setting(form="integer", bounds=(0, 10)),
        "message": Setting(form="template"),
    },
    "REQUIRE_APPROVAL": {
        "role": Setting(form="role", needed=True),
        "minimum": Setting(form="integer", bounds=(1, 10)),
        "deadline": _SPAN,
        "on_deny": Setting(form="choice", choices=("reject", "freeze")),
        "on_timeout": Setting(form="choice", choices=("deny", "escalate")),
    },
    "SEND_NOTIFICATION": {
        "to": Setting(form="recipient", needed=True),
        "channels": Setting(form="texts", choices=CHANNELS),
        "template": Setting(form="template", needed=True),
    },
    "FLAG_FOR_REVIEW": {
        "type": Setting(form="text", needed=True),
        "priority": Setting(form="choice", choices=PRIORITIES),
        "role": Setting(form="role"),
        "sla": _SPAN,
    },
    "AUTO_APPROVE": {"reason": _REASON},
    "ESCALATE_TO_COMPLIANCE": {"reason": _REASON, "sla": _SPAN},
}
"""Each action with the keys of its config."""

APPROVING: Final = "AUTO_APPROVE"
REJECTING: Final = "REJECT_TRANSACTION"
HARMLESS: Final = frozenset({"SEND_NOTIFICATION", APPROVING})
OVERRIDDEN: Final = frozenset({"FREEZE_ORDER", "REQUIRE_APPROVAL", "REQUEST_DOCUMENT"})
"""What a rejection of the same entity makes pointless."""


def is_restrictive(action: str) -> bool:
    """Tell whether an action stands in the way of its entity: all but SEND_NOTIFICATION and AUTO_APPROVE do."""
    return action not in HARMLESS
