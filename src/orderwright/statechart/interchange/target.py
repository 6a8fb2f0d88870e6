"""Where targets lead: XState writes a dot inside a key or an id with a backslash, we do not."""

from __future__ import annotations

from orderwright.statechart.interchange.outline import Outline, Site


def split(text: str) -> list[str]:
    """Split XState's path at its dots; a backslash takes the next character as it is."""
    keys, taken = [""], False
    for letter in text:
        if taken or letter not in ("\\", "."):
            keys[-1] += letter
            taken = False
        elif letter == ".":
            keys.append("")
        else:
            taken = True
    return keys


def locate(outline: Outline, site: Site, target: str) -> Site | None:
    """Return the node that an XState target leads to from a node; None when there is none."""
    if target.startswith("#"):
        name, *keys = split(target[1:])
        return outline.find(outline.ids.get(name), keys)
    if target.startswith("."):
        return outline.find(site, split(target[1:]))
    return outline.find(site.parent, split(target))


def locate_ours(outline: Outline, site: Site, target: str) -> Site | None:
    """Return the node that a target of a loaded chart leads to; ids may hold dots, so the longest id wins."""
    if not target.startswith("#"):
        start = site if target.startswith(".") else site.parent
        return outline.find(start, target.removeprefix(".").split("."))
    return outline.find(*_by_id(outline, target[1:]))


def _by_id(outline: Outline, text: str) -> tuple[Site, list[str]]:
    parts = text.split(".")
    cuts = range(len(parts), 0, -1)
    cut = next(cut for cut in cuts if ".".join(parts[:cut]) in outline.ids)
    return outline.ids[".".join(parts[:cut])], parts[cut:]


def from_xstate(target: str) -> str:
    """Return our spelling of XState's target."""
    mark = target[0] if target[:1] in ("#", ".") else ""
    return mark + ".".join(split(target.removeprefix(mark)))


def to_xstate(outline: Outline, target: str) -> str:
    """Return XState's spelling of our target."""
    if not target.startswith("#"):
        return target.replace("\\", "\\\\")
    start, rest = _by_id(outline, target[1:])
    return "#" + ".".join([to_id(outline, start), *map(_escape, rest)])


def to_id(outline: Outline, site: Site) -> str:
    """Return how XState reaches a node by id: as it is when given, else down from the root's."""
    if "id" in site.source or site.parent is None:
        return _escape(site.id)
    keys = [site.key, *(one.key for one in site.line() if one.parent is not None)]
    return ".".join([_escape(outline.root.id), *map(_escape, reversed(keys))])


def _escape(key: str) -> str:
    return key.replace("\\", "\\\\").replace(".", "\\.")
