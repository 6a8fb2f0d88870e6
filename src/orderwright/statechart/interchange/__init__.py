"""Charts from and to XState v5 config JSON.

The two formats are one shape, and differ in three ways: in spelling (types of done, timer and invoke events; combined
guards), in what XState keeps in functions and a chart keeps in data (assign, raise, conditions), and in what leaves a
state (`transition.py`). Spelling is translated both ways. Data that XState has no form for are written as actions and
guards with a reserved name and parameters, from which reading restores them:

    xstate.assign {assignment}          xstate.raise {event, delay, id}     xstate.cancel {sendId}
    xstate.emit {event}                 xstate.and {guards}                 xstate.or {guards}
    xstate.not {guard}                  xstate.stateIn {stateValue}
    orderwright.post {ledger, data}     orderwright.when {condition}

Whatever cannot be kept is told, never dropped in silence.
"""

from __future__ import annotations

from orderwright.statechart.interchange.note import Note
from orderwright.statechart.interchange.reading import Imported, read_xstate
from orderwright.statechart.interchange.writing import Exported, write_xstate

__all__ = ["Exported", "Imported", "Note", "read_xstate", "write_xstate"]
