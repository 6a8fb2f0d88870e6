"""Read what an action is told, strictly."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final

from orderwright.condition import Json, Schema
from orderwright.policy.action import ACTIONS, RECIPIENTS, Form, Setting
from orderwright.policy.duration import is_duration
from orderwright.policy.problem import Problems, at
from orderwright.policy.template import mistakes

MAX_WORDS: Final = 2000
"""Letters of a reason, a message or a template."""
_MOST: Final = 20  # entries of a list

Check = Callable[[Json, Setting, str, Problems], None]


def read_config(
    source: Json, action: str, path: str, problems: Problems, schema: Schema | None
) -> Mapping[str, Json]:
    """Return the config of an action; what is wrong with it goes to `problems`."""
    config = problems.mapping(source, path, f"the config of {action}")
    settings = ACTIONS[action]
    problems.only(config, path, settings)
    for key, setting in settings.items():
        place = at(path, key)
        if key not in config:
            if setting.needed:
                problems.add(place, "missing", f"{action} needs {key!r}")
            continue
        _CHECKS[setting.form](config[key], setting, place, problems)
        if setting.form == "template" and isinstance(config[key], str):
            for message in mistakes(str(config[key]), schema):
                problems.add(place, "template", message)
    return dict(config)


def check_roles(
    config: Mapping[str, Json], action: str, path: str, problems: Problems, roles: Collection[str]
) -> None:
    """Note every role in a config that there is not; what is no text is noted already."""
    for key, setting in ACTIONS[action].items():
        named, place = config.get(key), at(path, key)
        if setting.form == "recipient" and isinstance(named, Mapping):
            named, place = named.get("role"), at(place, "role")
        if setting.form in ("role", "recipient") and isinstance(named, str):
            problems.choice(named, place, "the role", roles)


def _text(value: Json, _setting: Setting, path: str, problems: Problems) -> None:
    problems.text(value, path, "this", MAX_WORDS)


def _duration(value: Json, _setting: Setting, path: str, problems: Problems) -> None:
    if not isinstance(value, str) or not is_duration(value):
        problems.add(path, "value", f"{value!r} is no span such as 30m, 24h or 7d")


def _boolean(value: Json, _setting: Setting, path: str, problems: Problems) -> None:
    if not isinstance(value, bool):
        problems.add(path, "value", f"{value!r} is not true or false")


def _integer(value: Json, setting: Setting, path: str, problems: Problems) -> None:
    problems.whole(value, path, "this", setting.bounds)


def _choice(value: Json, setting: Setting, path: str, problems: Problems) -> None:
    problems.choice(value, path, "the word", setting.choices)


def _texts(value: Json, setting: Setting, path: str, problems: Problems) -> None:
    entries = problems.sequence(value, path, "this", _MOST)
    if isinstance(value, list | tuple) and not value:
        problems.add(path, "value", "the list is empty")
    for number, entry in enumerate(entries):
        place = f"{path}[{number}]"
        if setting.choices:
            problems.choice(entry, place, "the word", setting.choices)
        else:
            problems.text(entry, place, "an entry")


def _recipient(value: Json, _setting: Setting, path: str, problems: Problems) -> None:
    whom = problems.mapping(value, path, "a recipient")
    problems.only(whom, path, RECIPIENTS)
    if isinstance(value, Mapping) and len(whom) != 1:
        problems.add(path, "value", f"a recipient is one of {', '.join(RECIPIENTS)}")
    for key in RECIPIENTS:
        if key in whom:
            problems.text(whom[key], at(path, key), f"a {key}")


_CHECKS: Final[Mapping[Form, Check]] = {
    "text": _text,
    "template": _text,
    "duration": _duration,
    "boolean": _boolean,
    "integer": _integer,
    "choice": _choice,
    "texts": _texts,
    "role": _text,
    "recipient": _recipient,
}
