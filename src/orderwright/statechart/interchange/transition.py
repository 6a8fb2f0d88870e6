"""Transitions in both formats, and which state nodes they leave: where equal words mean different things.

In XState a transition whose targets are its source or lie below it does not leave the source unless `reenter` is true;
here that is so only where a compound node targets its own descendants. And in XState regions that meet in a parallel
node are left without it; here the parallel node is left too, as W3C SCXML has it.
"""

from __future__ import annotations

from collections.abc import Mapping

from orderwright.json_text import Json
from orderwright.statechart.interchange import target as spelling_of_target
from orderwright.statechart.interchange.action import read_actions, write_actions
from orderwright.statechart.interchange.guard import read_guard, write_guard
from orderwright.statechart.interchange.note import Notes, at
from orderwright.statechart.interchange.outline import Outline, Site
from orderwright.statechart.interchange.spelling import OLD_TRANSITION, TRANSITION_KEYS, keep


def read_transitions(source: Json, site: Site, path: str, outline: Outline, notes: Notes) -> Json:
    """Return our form of an XState transition or a list of them."""
    if isinstance(source, list):
        return [_read(one, site, f"{path}[{i}]", outline, notes) for i, one in enumerate(source)]
    return _read(source, site, path, outline, notes)


def _read(source: Json, site: Site, path: str, outline: Outline, notes: Notes) -> Json:
    short = isinstance(source, str)
    body = {"target": source} if short else notes.mapping(source, path, "a transition")
    read = keep(body, path, TRANSITION_KEYS, OLD_TRANSITION, notes)
    if "guard" in read:
        read["guard"] = read_guard(read["guard"], at(path, "guard"), outline, notes)
        if read["guard"] is None:
            del read["guard"]
    if "actions" in read:
        read["actions"] = read_actions(read["actions"], at(path, "actions"), notes)
    if read.get("target") is None:
        read.pop("target", None)
    else:
        place = path if short else at(path, "target")
        _read_targets(read, site, place, outline, notes)
    return read["target"] if short and list(read) == ["target"] else read


def _read_targets(
    read: dict[str, Json], site: Site, place: str, outline: Outline, notes: Notes
) -> None:
    texts = [text for text in _listed(read["target"]) if isinstance(text, str) and text]
    sites = [spelling_of_target.locate(outline, site, text) for text in texts]
    found = [one for one in sites if one is not None]
    if len(found) < len(_listed(read["target"])):
        notes.mistake(place, "target", f"{read['target']!r} leads to no state node; {_HINT}")
        del read["target"]
        return
    ours = [spelling_of_target.from_xstate(text) for text in texts]
    read["target"] = ours if isinstance(read["target"], list) else ours[0]
    if read.get("reenter") is True:
        if _needs_reentry(site, found):
            del read["reenter"]  # here it leaves its source anyway
        return
    if found == [site] and site.kind != "parallel":
        read["target"] = _inside(site)
        if read["target"] is None:
            del read["target"]
    elif not _is_same(site, found):
        notes.loss(place, _loss(site, found))


_HINT = (
    "a target is a key, `key.key`, `.key`, `#id` or `#id.key`; dots within a key have no form here"
)


def _listed(source: Json) -> list[Json]:
    return source if isinstance(source, list) else [source]


def _inside(site: Site) -> Json:
    """Return the target of XState's self-target, which restarts what is inside and does not leave the node."""
    initial = site.source.get("initial")
    named = initial.get("target") if isinstance(initial, Mapping) else initial
    return f".{named}" if site.kind == "compound" else None


def _stays_there(site: Site, targets: list[Site]) -> bool:
    return all(one is site or one.is_below(site) for one in targets)


def _stays_here(site: Site, targets: list[Site]) -> bool:
    return site.kind == "compound" and all(one.is_below(site) for one in targets)


def _is_same(site: Site, targets: list[Site]) -> bool:
    """Tell whether XState leaves the same nodes without `reenter` as we do."""
    if _stays_there(site, targets):
        return _stays_here(site, targets)
    meeting = next(
        (above for above in site.line() if all(one.is_below(above) for one in targets)), None
    )
    return meeting is not None and (meeting.kind != "parallel" or meeting.parent is None)


def _loss(site: Site, targets: list[Site]) -> str:
    if _stays_there(site, targets):
        return f"XState restarts regions of {site.id!r} without leaving it; here it is left and entered"
    if any(one.parent is None for one in targets):
        return "XState enters the root without leaving it first; here it is left and entered"
    return "XState leaves regions without the parallel node around them; here that is left and entered too"


# --- writing --------------------------------------------------------------------------------------


def write_transitions(source: Json, site: Site, outline: Outline) -> Json:
    """Return XState's form of one of our transitions or a list of them."""
    if isinstance(source, list):
        return [_write(one, site, outline) for one in source]
    return _write(source, site, outline)


def _write(source: Json, site: Site, outline: Outline) -> Json:
    written = dict(source) if isinstance(source, Mapping) else {"target": source}
    if "guard" in written:
        written["guard"] = write_guard(written["guard"], outline)
    if "actions" in written:
        written["actions"] = write_actions(written["actions"])
    if "target" in written:
        texts = [str(text) for text in _listed(written["target"])]
        theirs = [spelling_of_target.to_xstate(outline, text) for text in texts]
        written["target"] = theirs if isinstance(written["target"], list) else theirs[0]
        found = [spelling_of_target.locate_ours(outline, site, text) for text in texts]
        if found and _needs_reentry(site, [one for one in found if one is not None]):
            written["reenter"] = True
    short = isinstance(source, str) and list(written) == ["target"]
    return written["target"] if short else written


def _needs_reentry(site: Site, targets: list[Site]) -> bool:
    leaves_root = any(one.parent is None for one in targets)
    return leaves_root or (_stays_there(site, targets) and not _stays_here(site, targets))
