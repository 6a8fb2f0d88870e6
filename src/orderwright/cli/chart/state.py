"""Find the state node that somebody means."""

from __future__ import annotations

from orderwright.errors import InputInvalid
from orderwright.statechart import Chart


def state_id(chart: Chart, name: str, field: str) -> str:
    """Return the id of the node with this id, this key, or this end of an id.

    Raises:
        InputInvalid: there is none, or more than one; `field` names the option.
    """
    ids = [name] if name in chart.ids else [one for one in chart.ids if one.endswith(f".{name}")]
    if len(ids) == 1:
        return ids[0]
    hint = f"one of {', '.join(ids)}" if ids else "the id or the key of a state of the chart"
    raise InputInvalid(field, name, hint)
