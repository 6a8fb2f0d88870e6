"""Cases as the API shows them."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from orderwright.api.graphql.belonging import Belonging, belonging
from orderwright.api.graphql.connection import PageInfo
from orderwright.api.graphql.context import Context, Info
from orderwright.api.graphql.policy_execution import PolicyAction
from orderwright.api.graphql.results import Refusal, answered
from orderwright.api.graphql.scalars import JSON
from orderwright.api.graphql.trade import HasWorkflow
from orderwright.api.graphql.workflow import Actor, Workflow
from orderwright.app.case_desk import Asking, Colleague
from orderwright.app.case_list import UNRESOLVED, CaseRow, Wanted
from orderwright.app.orders import Asked
from orderwright.app.page import Page
from orderwright.app.permissions import Identity, Role
from orderwright.errors import InputInvalid
from orderwright.runtime.attempt import Result
from orderwright.statechart import Event


@strawberry.enum
class CasePriority(Enum):
    LOW = "LOW"
    NORMAL = "NORMAL"
    HIGH = "HIGH"
    URGENT = "URGENT"


@strawberry.enum
class CaseState(Enum):
    OPEN = "OPEN"
    ASSIGNED = "ASSIGNED"
    RESOLVED = "RESOLVED"


@strawberry.enum
class CaseResolutionWord(Enum):
    SOLVED = "SOLVED"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    DUPLICATE = "DUPLICATE"
    NO_ACTION = "NO_ACTION"


@strawberry.input(description="Without states: those that are not resolved.")
class CaseFilter:
    states: list[CaseState] | None = None
    role: str | None = None
    type: str | None = None
    order_id: strawberry.ID | None = None
    mine: bool = False

    def wanted(self, by: Identity) -> Wanted:
        """Return it in the application's words.

        Raises:
            InputInvalid: the role is none of ours.
        """
        return Wanted(
            states=[one.value for one in self.states] if self.states else UNRESOLVED,
            role=_role(self.role) if self.role else None,
            case_type=self.type,
            root_id=self.order_id,
            assignee_id=by.id if self.mine else None,
        )


@strawberry.input
class CaseInput:
    subject_id: strawberry.ID = strawberry.field(
        description="An order, a quotation or a fulfilment."
    )
    title: str
    role: str = strawberry.field(description="Whose queue it goes to.")
    priority: CasePriority = CasePriority.NORMAL
    sla_minutes: int = strawberry.field(
        default=1440, description="The time in which it is to be resolved; 0 for no term."
    )

    def asking(self) -> Asking:
        """Return it in the application's words.

        Raises:
            InputInvalid: the role is none of ours.
        """
        return Asking(
            subject_id=self.subject_id,
            title=self.title,
            role=_role(self.role),
            priority=self.priority.value,
            sla_minutes=self.sla_minutes,
        )


def _role(name: str) -> Role:
    if name not in Role.__members__:
        raise InputInvalid("role", name, f"one of {', '.join(Role)}")
    return Role[name]


@strawberry.type
class CaseResolution:
    word: CaseResolutionWord
    note: str
    at: datetime


@strawberry.type
class CaseComment:
    text: str
    by: Actor
    at: datetime


@strawberry.type(description="Somebody who may have the case in work.")
class CaseColleague:
    id: strawberry.ID
    name: str

    @classmethod
    def of(cls, colleague: Colleague) -> CaseColleague:
        """Show a colleague."""
        return cls(id=strawberry.ID(colleague.id), name=colleague.name)


@strawberry.type(description="Something that people of a role have to look into.")
class Case(HasWorkflow):
    row: strawberry.Private[CaseRow]
    id: strawberry.ID
    number: str
    type: str
    role: str
    opened_at: datetime
    assignee_name: str | None

    @classmethod
    def of(cls, row: CaseRow) -> Case:
        """Show a case."""
        return cls(
            standing=row.standing,
            row=row,
            id=strawberry.ID(row.id),
            number=row.number,
            type=row.case_type,
            role=row.role,
            opened_at=row.opened_at,
            assignee_name=row.assignee_name,
        )

    @strawberry.field
    def title(self) -> str:
        return str(self.standing.context["title"])

    @strawberry.field
    def priority(self) -> CasePriority:
        return CasePriority(self.standing.context["priority"])

    @strawberry.field
    def due_at(self) -> datetime | None:
        ends = self.standing.context["dueAt"]
        return datetime.fromisoformat(ends) if ends else None

    @strawberry.field
    def is_overdue(self) -> bool:
        """Whether its term has passed unresolved."""
        return bool(self.standing.context["isOverdue"])

    @strawberry.field
    def assignee_id(self) -> strawberry.ID | None:
        found = self.standing.context["assigneeId"]
        return strawberry.ID(found) if found else None

    @strawberry.field
    def subject_type(self) -> str:
        return str(self.standing.context["subjectType"])

    @strawberry.field
    def subject_id(self) -> strawberry.ID:
        return strawberry.ID(self.standing.context["subjectId"])

    @strawberry.field
    def evidence(self) -> JSON:
        """What was known when it was opened: the domain event and its data."""
        return JSON(self.standing.context["evidence"])

    @strawberry.field
    async def consequences(self, info: Info) -> list[PolicyAction]:
        """What the host of its subject was asked to do because of an answer, and what became of that."""
        action = self.standing.context["evidence"].get("actionId")
        return await PolicyAction.following(str(action), info.context) if action else []

    @strawberry.field
    def resolution(self) -> CaseResolution | None:
        said = self.standing.context["resolution"]
        if said is None:
            return None
        at = datetime.fromisoformat(said["at"])
        return CaseResolution(word=CaseResolutionWord(said["word"]), note=said["note"], at=at)

    @strawberry.field
    async def belongs_to(self, info: Info) -> Belonging | None:
        """The order or quotation that it is about."""
        return await belonging(info.context, self.id)

    @strawberry.field
    async def workflow(self, info: Info) -> Workflow:
        instance = await info.context.app.workflows.instance(self.id)
        return await Workflow.of(instance, info.context)

    @strawberry.field
    async def comments(self, info: Info) -> list[CaseComment]:
        """What people have written down, the oldest first."""
        app = info.context.app
        happened = await app.workflows.log(await app.workflows.instance(self.id), info.context.by)
        return [
            CaseComment(
                text=str(one.data["text"]),
                by=Actor(id=one.row.actor_id, kind=one.row.actor_kind, name=one.actor_name),
                at=one.row.occurred_at,
            )
            for one in happened
            if one.row.event_type == "COMMENT"
        ]

    @strawberry.field
    async def colleagues(self, info: Info) -> list[CaseColleague]:
        """Who may be assigned, for who may assign; empty for others."""
        by = info.context.by
        if not by.may("case.assign"):
            return []
        found = await info.context.app.case_desk.colleagues(by, self.id)
        return [CaseColleague.of(one) for one in found]


@strawberry.type
class CaseEdge:
    node: Case
    cursor: str


@strawberry.type
class CaseConnection:
    wanted: strawberry.Private[Wanted]
    edges: list[CaseEdge]
    page_info: PageInfo

    @classmethod
    def of(cls, page: Page[CaseRow], wanted: Wanted) -> CaseConnection:
        """Show a page of cases."""
        edges = [CaseEdge(node=Case.of(row), cursor=at.cursor()) for at, row in page.rows]
        return cls(wanted=wanted, edges=edges, page_info=PageInfo.of(page))

    @strawberry.field
    async def total_count(self, info: Info) -> int:
        return await info.context.app.case_list.count(info.context.by, self.wanted)


@strawberry.type
class CaseChanged:
    case: Case
    replayed: bool


CaseChangedResult = Annotated[CaseChanged | Refusal, strawberry.union("CaseChangedResult")]


async def opened(context: Context, input: CaseInput, asked: Asked) -> CaseChanged | Refusal:
    """Open a case."""

    async def command() -> Result:
        return await context.app.case_desk.open(input.asking(), asked)

    return await answered(command(), lambda result: _shown(result, context), context)


async def changed(
    context: Context, case_id: str, event: Event, asked: Asked
) -> CaseChanged | Refusal:
    """Send an event to a case."""
    command = context.app.case_desk.send(case_id, event, asked)
    return await answered(command, lambda result: _shown(result, context), context)


async def _shown(result: Result, context: Context) -> CaseChanged:
    """Show a case as it stands, also when it went to the queue of another role."""
    row = await context.app.case_list.known(result.instance_id)
    if row is None:
        raise LookupError(result.instance_id)
    return CaseChanged(case=Case.of(row), replayed=result.replayed)
