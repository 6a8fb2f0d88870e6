"""Whom a domain event is told. To tell another one, give it a line in `NOTICES` and a text in every language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderwright.app.permissions import Role, workers

if TYPE_CHECKING:
    from orderwright.runtime.outbox import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Whom an event is told, and where they find more.

    Attributes:
        label: what happened, in a few words.
        roles: people of any of these.
        role_in: the name of the event's datum that names a role.
        person_in: the name of the event's datum that names a person.
        to_customer: the people of the order's customer.
        link: where in the console it leads, with the event's data in it.
    """

    label: str
    roles: frozenset[Role] = frozenset()
    role_in: str | None = None
    person_in: str | None = None
    to_customer: bool = False
    link: str

    def roles_of(self, event: DomainEvent) -> list[str]:
        """Return the roles whose people are told."""
        named = [str(event.data[self.role_in])] if self.role_in else []
        return sorted({*map(str, self.roles), *named})

    def person_of(self, event: DomainEvent) -> str | None:
        """Return the one person who is told because of who they are."""
        person = event.data[self.person_in] if self.person_in else None
        return str(person) if person else None


NOTICES: Final[Mapping[str, Notice]] = {
    "sale.expired": Notice(
        label="An order was not paid in time",
        roles=frozenset({Role.BILLER, Role.MANAGER}),
        to_customer=True,
        link="/orders/$orderId",
    ),
    "override.requested": Notice(
        label="An override is asked for", roles=workers(Role.MANAGER), link="/orders/$orderId"
    ),
    "case.opened": Notice(label="A case was opened", role_in="role", link="/cases?case=$caseId"),
    "case.overdue": Notice(
        label="A case is overdue",
        role_in="role",
        person_in="assigneeId",
        link="/cases?case=$caseId",
    ),
}
"""The domain events that people are told of."""
