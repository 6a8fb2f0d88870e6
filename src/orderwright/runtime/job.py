"""The words of jobs: work outside the database that must not be lost.

A job is a row. It is written in the transaction of its cause, and it alone decides who may work: a host claims it
(`status` waiting -> running) and gets a new *fence*, a number that grows with each claim; whatever that host says
later is accepted only while the row still carries this fence. So a host that was thought dead, or a job that was
handed out twice, does no harm in the database; and outside of it the handler passes the job's key on, with which
the other side recognises a repetition.

    waiting -> running -> done
                       -> waiting   it failed, or its host was lost: again after a pause
                       -> dead      for the last time: a dead letter, until somebody retries it
    an invocation also -> failed    for the last time, and its chart has taken the error
                       -> stopped   its state was left

An attempt is counted when it is claimed, not when it ends: a job that kills its host stops at its limit too. It takes
nobody with it: what was lost with a host runs its next attempt alone on one, and a death beside others is never the
last of a job's attempts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from orderwright.errors import InputInvalid, NotFound, RuntimeFault


class JobKindUnknown(NotFound):
    """Nobody here handles jobs of this kind."""

    code = "job.kind_unknown"


class JobTimedOut(RuntimeFault):
    """A handler took longer than its kind allows; the attempt counts as failed."""

    code = "job.timed_out"
    retryable = True


class JobAbandoned(RuntimeFault):
    """The host that ran the job is gone, or its event loop stood still for longer than a lease lasts."""

    code = "job.abandoned"
    retryable = True


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRun:
    """What a handler is given.

    Attributes:
        key: the same at every attempt; pass it on to whoever must not do the work twice.
        attempt: counts from 1, and from 1 again after a retry by hand.
    """

    job_id: str
    kind: str
    payload: object
    key: str
    attempt: int
    root_id: str
    correlation_id: str


Handler: TypeAlias = Callable[[JobRun], "Awaitable[object] | object"]
"""Does the work and returns a JSON-ready result. What is not a coroutine function runs in a thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobKind:
    """A kind of job, and who does it.

    Attributes:
        name: what jobs name; for invocations the chart's `src`.
        handle: is called once an attempt. It raises if the work is not done; an error of ours that is not
            `retryable` ends the job at once.
        attempts: how often it is tried before it becomes a dead letter.
        timeout_seconds: how long an attempt may take. A thread cannot be ended: it is left behind.
    """

    name: str
    handle: Handler
    attempts: int = 10
    timeout_seconds: float = 60.0

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise InputInvalid("attempts", self.attempts, "1 or more")
        if self.timeout_seconds <= 0:
            raise InputInvalid("timeout_seconds", self.timeout_seconds, "more than 0")


JobKinds: TypeAlias = Mapping[str, JobKind]
"""Kinds by name."""


def kind_of(kinds: JobKinds, name: str) -> JobKind:
    """Return a kind.

    Raises:
        JobKindUnknown: there is none of this name.
    """
    if name not in kinds:
        values = {"kind": name, "known": sorted(kinds)}
        raise JobKindUnknown(f"nobody handles jobs of the kind {name!r}", values=values)
    return kinds[name]
