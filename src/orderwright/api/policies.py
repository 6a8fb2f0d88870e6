"""`/api/v1/triggers`, `/api/v1/executions`, `/api/v1/lists`: what hosts call, with a token."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from orderwright.api.auth import app_of
from orderwright.api.bearer import Key, Token
from orderwright.api.exact_json import body_of, documented
from orderwright.app.policies.acting_port import Report
from orderwright.app.policies.execution import Execution
from orderwright.app.policies.hosts import Told

router = APIRouter(tags=["policies"])
EntityType = Literal["Order", "PayIn", "PayOut", "KYC", "User"]
_Id = Annotated[str, Field(min_length=1, max_length=255)]


class Entity(BaseModel):
    """What policies decide on, wherever it lives."""

    model_config = ConfigDict(extra="forbid")
    type: EntityType
    id: _Id


class Event(BaseModel):
    """What a host tells of an event. Numbers are read exactly; amounts stand beside their `currency`."""

    model_config = ConfigDict(extra="forbid")
    entity: Annotated[
        Entity | None, Field(description="By default from the id field of the trigger.")
    ] = None
    context: Annotated[
        dict[str, Any], Field(description="The facts, by name; unknown ones are kept and flagged.")
    ]
    execute: Annotated[bool, Field(description="Do at once what follows; takes the scope.")] = (
        False
    )
    occurrence: Annotated[
        _Id | None,
        Field(
            description="Tells events of one trigger and entity apart, where there are several."
        ),
    ] = None
    occurred_at: Annotated[
        AwareDatetime | None,
        Field(description="When it happened; by default now, as is a time that cannot be."),
    ] = None


class Action(BaseModel):
    """An action that is to be done, templates filled in."""

    id: str
    action: str
    config: dict[str, Any]
    policy: str
    version: int


class Outcome(BaseModel):
    """What has become of an action."""

    id: str
    action: str
    policy: str
    version: int
    status: Literal["applied", "skipped", "queued", "failed"]
    code: str | None
    message: str | None


class Decided(BaseModel):
    """What was decided."""

    execution_id: str
    status: Annotated[
        Literal["decided", "failed"],
        Field(description="`failed` where deciding failed as a whole; then there are no actions."),
    ]
    actions: list[Action]
    decision: Annotated[dict[str, Any], Field(description="With what was dropped, and doubts.")]
    flagged: Annotated[
        list[str],
        Field(description="Fields that are no facts of the trigger, or not of their type."),
    ]
    crossed: Annotated[list[str], Field(description="Executions of thresholds that were crossed.")]
    is_repeated: Annotated[bool, Field(description="Whether this had been decided before.")]
    report: Annotated[
        list[Outcome] | None, Field(description="What became of the actions, with `execute`.")
    ]
    duration_us: int

    @classmethod
    def of(cls, execution: Execution) -> Decided:
        """Show an execution."""
        report = execution.report
        more = {
            "is_repeated": execution.is_repeated,
            "report": outcomes(report) if report else None,
        }
        return cls.model_validate({**execution.to_json(), **more})


class Executed(BaseModel):
    """What has become of the actions of an execution."""

    execution_id: str
    actions: list[Outcome]


class Execute(BaseModel):
    """What a host may say about an execution beside its id."""

    model_config = ConfigDict(extra="forbid")
    entity: Annotated[
        Entity | None,
        Field(description="What it must be about; for another one there is no such."),
    ] = None


_Values = Annotated[list[Annotated[str, Field(max_length=500)]], Field(max_length=50_000)]


class ListChange(BaseModel):
    """Entries that come and go."""

    model_config = ConfigDict(extra="forbid")
    add: _Values = []
    remove: _Values = []


class ListChanged(BaseModel):
    """How many entries came and went."""

    name: str
    added: int
    removed: int


def outcomes(report: Report) -> list[Outcome]:
    """Show a report."""
    return [
        Outcome(
            id=one.id,
            action=one.action,
            policy=one.policy,
            version=one.version,
            status=one.status,
            code=one.code,
            message=one.message,
        )
        for one in report.actions
    ]


@router.post("/api/v1/triggers/{trigger}", openapi_extra=documented(Event))
async def trigger(trigger: str, request: Request, token: Token, key: Key = None) -> Decided:
    """Tell of an event, and learn what is to be done about it.

    Told again, the same execution is answered. The actions are stored: `execute` does them, and nothing else.
    """
    event = await body_of(request, Event)
    told = Told(
        trigger=trigger,
        context=event.context,
        entity=(event.entity.type, event.entity.id) if event.entity else None,
        occurrence=event.occurrence,
        occurred_at=event.occurred_at,
        execute=event.execute,
    )
    return Decided.of(await app_of(request).hosts.trigger(token, told, key))


@router.post("/api/v1/executions/{execution_id}/execute", openapi_extra=documented(Execute))
async def execute(execution_id: str, request: Request, token: Token, key: Key = None) -> Executed:
    """Do the actions that are stored under an execution: now what can be done now, the rest soon after.

    Repeating it does nothing twice, and says what has become of each by now.
    """
    about = (await body_of(request, Execute)).entity
    entity = (about.type, about.id) if about else None
    report = await app_of(request).hosts.execute(token, execution_id, entity, key)
    return Executed(execution_id=report.execution_id, actions=outcomes(report))


@router.post("/api/v1/lists/{name}/entries", openapi_extra=documented(ListChange))
async def change_list(name: str, request: Request, token: Token, key: Key = None) -> ListChanged:
    """Add entries to a list that policies read, and take others away."""
    change = await body_of(request, ListChange)
    hosts = app_of(request).hosts
    added, removed = await hosts.change_list(
        token, name, add=change.add, remove=change.remove, key=key
    )
    return ListChanged(name=name, added=added, removed=removed)
