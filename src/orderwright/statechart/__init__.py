"""Statecharts as pure functions: a definition, a snapshot and an event in; a snapshot and effects out.

The semantics are the W3C SCXML algorithm on XState-shaped definitions. Nothing here reads a clock, a network or
a database, and nothing is performed: effects are returned as data.
"""

from __future__ import annotations

from orderwright.statechart.behaviour import (
    Behaviour,
    Outcome,
    Reason,
    Refused,
    Scope,
    Verdict,
)
from orderwright.statechart.chart import Chart
from orderwright.statechart.definition import EventDeclaration, StateNode
from orderwright.statechart.effect import Cancel, Effect, Emit, Invoke, Post, Schedule, StopInvoke
from orderwright.statechart.explain import Explanation, Waiting, explain
from orderwright.statechart.loader import load
from orderwright.statechart.problem import ChartInvalid, Problem
from orderwright.statechart.snapshot import Event, Snapshot
from orderwright.statechart.step import StartRefused, Step, send, start
from orderwright.statechart.trace import Judgement, Microstep

__all__ = [
    "Behaviour",
    "Cancel",
    "Chart",
    "ChartInvalid",
    "Effect",
    "Emit",
    "Event",
    "EventDeclaration",
    "Explanation",
    "Invoke",
    "Judgement",
    "Microstep",
    "Outcome",
    "Post",
    "Problem",
    "Reason",
    "Refused",
    "Schedule",
    "Scope",
    "Snapshot",
    "StartRefused",
    "StateNode",
    "Step",
    "StopInvoke",
    "Verdict",
    "Waiting",
    "explain",
    "load",
    "send",
    "start",
]
