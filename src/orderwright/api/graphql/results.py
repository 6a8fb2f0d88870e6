"""What mutations answer: the thing that was done, or a refusal that says why nothing was."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import strawberry

from orderwright.api.graphql.context import Context
from orderwright.api.graphql.trade import Quotation, SaleOrder
from orderwright.api.graphql.workflow import Reason, Workflow
from orderwright.api.problems import status_of
from orderwright.app.people import LoginRequired
from orderwright.app.sight import refused_for
from orderwright.errors import OrderwrightError
from orderwright.policy import PolicyInvalid
from orderwright.runtime.reply import IdempotencyMismatch, OutcomeUnknown
from orderwright.runtime.ticket import Result
from orderwright.statechart import Reason as CoreReason, Refused

D = TypeVar("D")
T = TypeVar("T")


@strawberry.type(description="Nothing was done, and these are the reasons.")
class Refusal:
    code: str
    message: str
    reasons: list[Reason]

    @classmethod
    def of(cls, refused: Refused) -> Refusal:
        """Show a lifecycle's refusal."""
        own = CoreReason(refused.code, refused.message, refused.values)
        reasons = [Reason.of(reason) for reason in refused.reasons or (own,)]
        return cls(code=refused.code, message=refused.message, reasons=reasons)

    @classmethod
    def of_error(cls, error: OrderwrightError) -> Refusal:
        """Show an error as a refusal; what is wrong with a policy, each with its path."""
        reasons = [CoreReason(error.code, error.message, error.values)]
        if isinstance(error, PolicyInvalid):
            reasons = [
                CoreReason(one.code, one.message, {"path": one.path}) for one in error.problems
            ]
        return cls(
            code=error.code, message=error.message, reasons=[Reason.of(one) for one in reasons]
        )


@strawberry.type
class EventApplied:
    workflow: Workflow
    version: int
    replayed: bool


@strawberry.type
class OrderCreated:
    order: SaleOrder
    replayed: bool


@strawberry.type
class QuotationCreated:
    quotation: Quotation
    replayed: bool


SendEventResult = Annotated[EventApplied | Refusal, strawberry.union("SendEventResult")]
CreateOrderResult = Annotated[OrderCreated | Refusal, strawberry.union("CreateOrderResult")]
CreateQuotationResult = Annotated[
    QuotationCreated | Refusal, strawberry.union("CreateQuotationResult")
]


async def answered(
    command: Awaitable[Result], show: Callable[[Result], Awaitable[T]], context: Context
) -> T | Refusal:
    """Await a command on a lifecycle and show its result; refusals and errors of the caller's become a `Refusal`.

    Raises:
        LoginRequired: nobody is signed in; that is an error of the whole request.
    """
    result = await answered_plainly(command, lambda result: result, context)
    if isinstance(result, Refusal):
        return result
    if result.refused is None:
        return await show(result)
    return Refusal.of(refused_for(context.by, result.refused))


async def answered_plainly(
    command: Awaitable[D], show: Callable[[D], T], context: Context
) -> T | Refusal:
    """Await something and show it; errors of the caller's become a `Refusal`.

    A key that was used for another request makes the whole answer a 409, as everywhere else.

    Raises:
        LoginRequired: nobody is signed in; that is an error of the whole request.
        OutcomeUnknown: whether anything was done is not known, and a refusal says that nothing was.
    """
    try:
        return show(await command)
    except (LoginRequired, OutcomeUnknown):
        raise
    except OrderwrightError as error:
        if isinstance(error, IdempotencyMismatch) and context.response is not None:
            context.response.status_code = status_of(error)
        return Refusal.of_error(error)


async def applied(result: Result, context: Context) -> EventApplied:
    """Show the lifecycle as the command left it, even if it has moved on since."""
    then = await context.app.workflows.after(result)
    workflow = await Workflow.of(then, context)
    return EventApplied(workflow=workflow, version=result.version, replayed=result.replayed)
