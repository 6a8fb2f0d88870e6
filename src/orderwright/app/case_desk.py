"""What people may do with cases: everybody works on those of their queues; managers say who does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from orderwright.app.cases import NewCase, Opening, Priority, open_case
from orderwright.app.permissions import PERMISSIONS, Identity, Role, require, workers
from orderwright.errors import InputInvalid, NotFound
from orderwright.json_text import is_storable
from orderwright.runtime.command import Send
from orderwright.runtime.identity import derived_id, fresh_id
from orderwright.runtime.observation import told_on_commit
from orderwright.statechart import Event

if TYPE_CHECKING:
    from orderwright.app.case_list import CaseList, CaseRow
    from orderwright.app.orders import Asked
    from orderwright.runtime.attempt import Result
    from orderwright.runtime.engine import Engine
    from orderwright.runtime.pool import Connection

_SUBJECTS: Final[Mapping[str, str]] = {
    "sale": "Order",
    "quotation": "Quotation",
    "fulfilment": "Fulfilment",
}
_LONGEST: Final = 200
_YEAR: Final = 365 * 24 * 60


class CaseNotFound(NotFound):
    """No case has this id, or it is not in a queue of the caller's."""

    code = "case.not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A case that a person opens about an order, a quotation or a fulfilment; `sla_minutes` 0 is no term."""

    subject_id: str
    title: str
    role: Role
    priority: Priority = "NORMAL"
    sla_minutes: int = 1440


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """Somebody who may have a case in work."""

    id: str
    name: str


class CaseDesk:
    """Commands on cases; each raises `RoleMissing` for who may not give it."""

    def __init__(self, engine: Engine, cases: CaseList) -> None:
        self._engine = engine
        self._cases = cases

    async def open(self, asking: Asking, asked: Asked) -> Result:
        """Open a case of the type MANUAL.

        Raises:
            RoleMissing, InputInvalid, IdempotencyMismatch.
        """
        require(asked.by, "case.work")
        title = asking.title.strip()
        if not 0 < len(title) <= _LONGEST or not is_storable(title):
            raise InputInvalid("title", ascii(title[:20]), f"1 to {_LONGEST} characters, no NUL")
        if not 0 <= asking.sla_minutes <= _YEAR:
            raise InputInvalid("slaMinutes", asking.sla_minutes, f"minutes from 0 to {_YEAR}")
        case_id = derived_id(f"case/key/{asked.key}") if asked.key else fresh_id()
        async with self._engine.pool.acquire() as connection, told_on_commit(connection):
            new = await self._new(connection, case_id, asking, title)
            request = {
                "about": asking.subject_id,
                "title": title,
                "role": asking.role,
                "priority": asking.priority,
                "slaMinutes": asking.sla_minutes,
            }
            return await open_case(
                self._engine, new, asked.cause, connection=connection, request=request
            )

    async def _new(
        self, connection: Connection, case_id: str, asking: Asking, title: str
    ) -> NewCase:
        subject = await self._engine.read(asking.subject_id, connection=connection)
        if subject is None or subject.chart_id not in _SUBJECTS:
            expected = "the id of an order, a quotation or a fulfilment"
            raise InputInvalid("subjectId", asking.subject_id, expected)
        kind = Opening(
            case_type="MANUAL",
            title=title,
            role=asking.role,
            priority=asking.priority,
            sla_minutes=asking.sla_minutes,
        )
        return NewCase(
            id=case_id,
            kind=kind,
            subject_type=_SUBJECTS[subject.chart_id],
            subject_id=subject.instance_id,
            root_id=subject.root_id,
            opened_at=self._engine.clock.now(),
        )

    async def send(self, case_id: str, event: Event, asked: Asked) -> Result:
        """Send an event to a case in one of the person's queues.

        Raises:
            RoleMissing, CaseNotFound, InputInvalid, IdempotencyMismatch, InstanceBusy.
        """
        operation = f"case.{event.type}"
        require(asked.by, operation if operation in PERMISSIONS else "case.work")
        case = await self._own(asked.by, case_id)
        if event.type == "ASSIGN":
            await self._check_assignee(Role(case.role), event.data.get("assigneeId"))
        return await self._engine.carry_out(
            Send(instance_id=case_id, event=event, cause=asked.cause)
        )

    async def colleagues(self, by: Identity, case_id: str) -> list[Colleague]:
        """Return who may have a case in work, by name.

        Raises:
            RoleMissing, CaseNotFound.
        """
        require(by, "case.assign")
        case = await self._own(by, case_id)
        return await self._workers(Role(case.role))

    async def _own(self, by: Identity, case_id: str) -> CaseRow:
        case = await self._cases.find(by, case_id)
        if case is None or case.role not in by.queues:
            message = f"no case of your queues has the id {case_id!r}"
            raise CaseNotFound(message, values={"id": case_id})
        return case

    async def _check_assignee(self, queue: Role, person_id: object) -> None:
        if person_id not in {one.id for one in await self._workers(queue)}:
            raise InputInvalid("assigneeId", person_id, f"somebody who works on cases of {queue}")

    async def _workers(self, queue: Role) -> list[Colleague]:
        roles = sorted(workers(queue))
        async with self._engine.pool.acquire() as connection:
            rows = await connection.fetch(_WORKERS, roles)
        return [Colleague(id=row["id"], name=row["name"]) for row in rows]


_WORKERS: Final = """
select id, name from orderwright.person where is_active and roles && $1::text[] order by name, id
"""
