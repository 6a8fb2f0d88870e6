"""What is replied to a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderwright.errors import Conflict, RuntimeFault
from orderwright.runtime.ticket import Result
from orderwright.runtime.transition import root_of
from orderwright.statechart import Refused

if TYPE_CHECKING:
    from orderwright.runtime.command import Command, Create
    from orderwright.runtime.instance import Instance, Remembered
    from orderwright.runtime.transition import Prepared


class IdempotencyMismatch(Conflict):
    """The key was used for another request."""

    code = "idempotency.mismatch"
    retryable = False


class OutcomeUnknown(RuntimeFault):
    """A connection was lost with a step on its way, and trying again does not tell whether it arrives."""

    code = "outcome.unknown"
    retryable = True


def is_of(remembered: Remembered, command: Command) -> bool:
    """Tell whether it is this request that was remembered; one that cannot be written never was."""
    try:
        return remembered.request_hash == command.request_hash
    except (TypeError, ValueError):
        return False


def mismatch(remembered: Remembered) -> IdempotencyMismatch:
    """Return the error of a key that stands for another request."""
    return IdempotencyMismatch(
        "this idempotency key was used for another request; use a new one",
        values={"instance": remembered.instance_id, "version": remembered.version},
    )


def applied(step: Prepared) -> Result:
    """Return what a step that is stored came to."""
    after = step.after
    return Result(after.instance_id, after.root_id, after.version, after.snapshot)


def refusal(command: Command, instance: Instance | None, refused: Refused) -> Result:
    """Return what a refused command came to: the instance stays as it is."""
    return Result(
        instance_id=command.instance_id,
        root_id=root_of(command, instance),
        version=instance.version if instance else 0,
        snapshot=instance.snapshot if instance else None,
        refused=refused,
    )


def exists(command: Create) -> Refused:
    """Return the refusal of a start whose instance is there already."""
    message = f"{command.instance_id} exists already"
    return Refused("instance_exists", message, {"instance": command.instance_id})
