"""Read guards, actions and values from their JSON form."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from orderwright import condition
from orderwright.json_text import Json
from orderwright.statechart.definition import (
    Action,
    AllOf,
    AnyOf,
    Assign,
    CancelLater,
    EmitEvent,
    Guard,
    InState,
    NamedAction,
    NamedGuard,
    Not,
    Path,
    PostEntry,
    Raise,
    SendLater,
    Template,
    When,
)
from orderwright.statechart.problem import Problems

_ROOTS = ("event", "context", "facts")
_DIGITS = 15  # of a delay: 30,000 years
_NO_PARAMS = Template(source={}, constant=True)


def value(source: Json, path: str, problems: Problems) -> Template:
    """Read a JSON value in which {"from": path} objects stand for values of the scope."""
    read = _value(source, path, problems)
    return Template(source=read, constant=_is_constant(read))


def _value(source: Json, path: str, problems: Problems) -> Json:
    if isinstance(source, Mapping):
        if set(source) == {"from"}:
            return _path(source["from"], f"{path}.from", problems)
        return {key: _value(member, f"{path}.{key}", problems) for key, member in source.items()}
    if isinstance(source, list | tuple):
        return [_value(member, f"{path}[{i}]", problems) for i, member in enumerate(source)]
    return source


def _path(source: Json, path: str, problems: Problems) -> Path:
    root, *keys = problems.text(source, path, "`from`").split(".")
    valid = (root in _ROOTS and all(keys)) or (root == "now" and not keys)
    if not valid:
        problems.add(path, "path", f"{source!r} is not a path: event.*, context.*, facts.* or now")
    return Path(root, tuple(keys))


def _is_constant(source: Json) -> bool:
    """Tell whether a value can be handed out as it is: no path in it, and nothing nested that a host could change."""
    members = source.values() if isinstance(source, Mapping) else (source,)
    return not any(isinstance(member, Path | Mapping | list) for member in members)


# --- guards ---------------------------------------------------------------------------------------


def guard(source: Json, path: str, problems: Problems) -> Guard | None:
    """Read a guard; None where it is wrong (and noted)."""
    if isinstance(source, str) and source:
        return NamedGuard(source, _NO_PARAMS)
    if not isinstance(source, Mapping):
        problems.add(path, "guard", "a guard is a name or an object: type, and, or, not, in, when")
        return None
    for key, read in _GUARDS.items():
        if key in source:
            problems.only(source, path, {key, "params"} if key == "type" else {key})
            return read(source, path, problems)
    problems.add(path, "guard", "a guard object has one of the keys type, and, or, not, in, when")
    return None


def _named_guard(source: Mapping[str, Json], path: str, problems: Problems) -> Guard:
    return NamedGuard(*_named(source, path, problems))


def _named(source: Mapping[str, Json], path: str, problems: Problems) -> tuple[str, Template]:
    name = problems.text(source["type"], f"{path}.type", "`type`")
    params = problems.mapping(source.get("params", {}), f"{path}.params", "`params`")
    return name, value(params, f"{path}.params", problems)


def _members(key: str) -> Callable[[Mapping[str, Json], str, Problems], tuple[Guard, ...]]:
    def read(source: Mapping[str, Json], path: str, problems: Problems) -> tuple[Guard, ...]:
        listed = source[key]
        if not isinstance(listed, list | tuple) or not listed:
            problems.add(f"{path}.{key}", "guard", f"`{key}` takes a list of at least one guard")
            return ()
        read = (guard(one, f"{path}.{key}[{i}]", problems) for i, one in enumerate(listed))
        return tuple(one for one in read if one is not None)

    return read


def _not(source: Mapping[str, Json], path: str, problems: Problems) -> Guard | None:
    member = guard(source["not"], f"{path}.not", problems)
    return None if member is None else Not(member)


def _in(source: Mapping[str, Json], path: str, problems: Problems) -> Guard:
    node = problems.text(source["in"], f"{path}.in", "`in`")
    return InState(node.removeprefix("#"))


def _when(source: Mapping[str, Json], path: str, problems: Problems) -> Guard | None:
    try:
        group = condition.parse(source["when"], f"{path}.when", catalogue={})
    except condition.ConditionInvalid as invalid:
        for problem in invalid.problems:
            problems.add(*problem)
        return None
    for field in sorted(condition.fields(group)):
        if field.split(".")[0] not in _ROOTS:
            problems.add(
                f"{path}.when", "field", f"{field!r} is not under context, event or facts"
            )
    return When(group, condition.compile(group))


_GUARDS: Mapping[str, Callable[[Mapping[str, Json], str, Problems], Guard | None]] = {
    "type": _named_guard,
    "and": lambda source, path, problems: AllOf(_members("and")(source, path, problems)),
    "or": lambda source, path, problems: AnyOf(_members("or")(source, path, problems)),
    "not": _not,
    "in": _in,
    "when": _when,
}


# --- actions --------------------------------------------------------------------------------------


def actions(source: Json, path: str, problems: Problems) -> tuple[Action, ...]:
    """Read one action or a list of them."""
    listed = source if isinstance(source, list | tuple) else [source]
    read = (
        _action(one, f"{path}[{i}]" if isinstance(source, list) else path, problems)
        for i, one in enumerate(listed)
    )
    return tuple(one for one in read if one is not None)


def _action(source: Json, path: str, problems: Problems) -> Action | None:
    if isinstance(source, str) and source:
        return NamedAction(source, _NO_PARAMS)
    if isinstance(source, Mapping):
        for key, read in _ACTIONS.items():
            if key in source:
                problems.only(source, path, {key, "params"} if key == "type" else {key})
                return read(source, path, problems)
    expected = "a name or an object with one of type, assign, raise, emit, post, send, cancel"
    problems.add(path, "action", f"an action is {expected}")
    return None


def _parts(
    source: Mapping[str, Json], key: str, path: str, problems: Problems, allowed: set[str]
) -> tuple[Mapping[str, Json], str, Template]:
    place = f"{path}.{key}"
    body = problems.mapping(source[key], place, f"`{key}`")
    problems.only(body, place, allowed)
    name = "ledger" if "ledger" in allowed else "type"
    text = problems.text(body.get(name), f"{place}.{name}", f"`{name}`")
    data = problems.mapping(body.get("data", {}), f"{place}.data", "`data`")
    if isinstance(body.get("data"), Mapping):
        return body, text, value(body["data"], f"{place}.data", problems)
    return body, text, value(dict(data), f"{place}.data", problems)


def _assign(source: Mapping[str, Json], path: str, problems: Problems) -> Action:
    values = problems.mapping(source["assign"], f"{path}.assign", "`assign`")
    read = {key: _value(one, f"{path}.assign.{key}", problems) for key, one in values.items()}
    return Assign(Template(source=read, constant=_is_constant(read)))


def _raise(source: Mapping[str, Json], path: str, problems: Problems) -> Action:
    return Raise(*_parts(source, "raise", path, problems, {"type", "data"})[1:])


def _emit(source: Mapping[str, Json], path: str, problems: Problems) -> Action:
    return EmitEvent(*_parts(source, "emit", path, problems, {"type", "data"})[1:])


def _post(source: Mapping[str, Json], path: str, problems: Problems) -> Action:
    return PostEntry(*_parts(source, "post", path, problems, {"ledger", "data"})[1:])


def _send(source: Mapping[str, Json], path: str, problems: Problems) -> Action:
    allowed = {"type", "data", "delay", "id"}
    body, name, data = _parts(source, "send", path, problems, allowed)
    timer = problems.text(body.get("id", name or "?"), f"{path}.send.id", "`id`")
    return SendLater(
        name, data, delay(body.get("delay", 0), f"{path}.send.delay", problems), timer
    )


def _cancel(source: Mapping[str, Json], path: str, problems: Problems) -> Action:
    return CancelLater(problems.text(source["cancel"], f"{path}.cancel", "`cancel`"))


def delay(source: Json, path: str, problems: Problems) -> int | str:
    """Read a delay: whole milliseconds, or the name of one."""
    if isinstance(source, int) and not isinstance(source, bool) and source < 10**_DIGITS:
        return max(source, 0)
    if isinstance(source, str) and source:
        if source.isascii() and source.isdecimal() and len(source) <= _DIGITS:
            return int(source)
        if not source.isdecimal():
            return source
    expected = f"whole milliseconds, of at most {_DIGITS} digits, or the name of a delay"
    problems.add(path, "delay", f"a delay is {expected}")
    return 0


def _named_action(source: Mapping[str, Json], path: str, problems: Problems) -> Action:
    return NamedAction(*_named(source, path, problems))


_ACTIONS: Mapping[str, Callable[[Mapping[str, Json], str, Problems], Action]] = {
    "type": _named_action,
    "assign": _assign,
    "raise": _raise,
    "emit": _emit,
    "post": _post,
    "send": _send,
    "cancel": _cancel,
}
