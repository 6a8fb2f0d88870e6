"""Random charts on which XState and we must agree, and random events for them.

What is not drawn, because the two are known to differ there, is listed in `docs/conformance.md`; each rule that keeps
it out is a function below whose name starts with `_is_` or `_drop_`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random  # noqa: TID251 (Hypothesis gives the seed)

from hypothesis import strategies as st

from orderwright.statechart.interchange.outline import Outline, Site

SENT = ["A", "B", "C", "C.x"]
RAISED = ["I", "J"]
DESCRIPTORS = [*SENT, *SENT, "C.*", "*", *RAISED, "T", "done.*"]


@dataclass(frozen=True)
class Case:
    """A chart, and what happens to it: event types with a number, or None for a timer that is due."""

    definition: dict
    events: list[tuple[str | None, int]]


def draw_case(chance: Random) -> Case:
    """A chart and events for it."""
    kind = chance.choice(["compound", "compound", "parallel"])
    definition = {"id": "c", "context": {"n": 0, "m": 0}, **_tree(chance, 3, kind)}
    _Dressing(chance, Outline(definition, "c")).dress()
    happening = [chance.choice([*SENT, *SENT, None]) for _ in range(chance.randint(4, 16))]
    return Case(definition, [(name, chance.randint(0, 3)) for name in happening])


cases = st.randoms(use_true_random=True).map(draw_case)
"""Charts and events of all kinds alike: what Hypothesis itself would draw is small, and moves little."""


def _tree(chance: Random, depth: int, kind: str) -> dict:
    """A node with those below it; keys are places, so that failures read easily."""
    if kind == "final":
        output = chance.choice([None, 7, {"from": "context.n"}])
        return {"type": "final"} if output is None else {"type": "final", "output": output}
    if depth == 0 or kind == "atomic":
        return {}
    kinds = ["atomic", "compound", "parallel"]
    inner = [chance.choice(kinds) for _ in range(chance.randint(1, 3))]
    if kind == "compound":
        inner += ["atomic"] * (len(inner) == 1) + ["final"] * (chance.randint(0, 2) == 0)
    states = {f"s{i}": _tree(chance, depth - 1, one) for i, one in enumerate(inner)}
    plain = list(states)
    if chance.randint(0, 2) == 0:
        states["h"] = {"type": "history", "history": chance.choice(["shallow", "deep"])}
        if chance.randint(0, 1):
            states["h"]["target"] = chance.choice(plain)
    if kind == "parallel":
        return {"type": "parallel", "states": states}
    return {"initial": chance.choice(plain), "states": states}


class _Dressing:
    """Gives the nodes of a tree their transitions and actions."""

    def __init__(self, chance: Random, outline: Outline) -> None:
        self.random = chance
        self.ids = outline.ids
        self.sites = list(_all(outline.root))
        self.states = [site for site in self.sites if site.kind != "history"]

    def dress(self) -> None:
        for site in self.states:
            self.node(site)
        for site in self.states:
            if site.kind == "parallel":
                _drop_hidden(site, self.ids)
                _drop_eventless(site)

    def chance(self, one_in: int) -> bool:
        return self.random.randint(1, one_in) == 1

    def node(self, site: Site) -> None:
        node = _body(site)
        node["entry"], node["exit"] = self.actions(f"+{site.id}"), self.actions(f"-{site.id}")
        if site.parent is None and self.chance(2):
            node["output"] = self.random.choice([5, {"from": "event.output"}])
        if site.kind == "final":
            return
        if _has_plain_initial(site) and self.chance(3):
            node["initial"] = {"target": node["initial"], "actions": self.actions(f"!{site.id}")}
        node["on"] = {
            name: self.transitions(site, name)
            for name in dict.fromkeys(
                self.random.choices(DESCRIPTORS, k=self.random.randint(1, 4))
            )
        }
        if self.chance(4):
            node["after"] = {
                delay: self.transitions(site, "after")
                for delay in self.random.choice(
                    [["5"], ["9"], ["5", "9"]]
                )  # ascending, as JavaScript keeps them
            }
        if site.children and self.chance(2):
            node["onDone"] = self.transitions(site, "onDone")
        if self.chance(5):
            node["always"] = self.eventless(site)

    # --- transitions ---

    def transitions(self, site: Site, name: str) -> list[dict]:
        last = self.transition(site, name)
        if self.chance(3):
            return [{**self.transition(site, name), "guard": self.guard()}, last]
        return [last]

    def transition(self, site: Site, name: str) -> dict:
        drawn = {"actions": self.actions(f"{name}@{site.id}")}
        if name in (*SENT, *RAISED) and self.chance(3):
            drawn["actions"].append({"assign": {"m": {"from": "event.v"}}})
        if name == "onDone" and self.chance(2) and site.kind == "compound":
            drawn["actions"].append({"assign": {"m": {"from": "event.output"}}})
        if self.chance(4):
            drawn["guard"] = self.guard()
        for _ in range(self.random.randint(0, 4)):
            if "target" not in drawn:
                self.aim(site, drawn)
        return drawn

    def eventless(self, site: Site) -> dict:
        """One that ends by itself: it counts, and has a limit."""
        limit = {"type": "below", "params": {"limit": self.random.randint(1, 9)}}
        drawn = self.transition(site, "always")
        drawn["actions"].append("count")
        drawn["guard"] = {"and": [limit, drawn["guard"]]} if "guard" in drawn else limit
        return drawn

    def aim(self, site: Site, drawn: dict) -> None:
        """Give a transition targets, unless those drawn are among what differs."""
        reenter = self.chance(4)
        targets = self.targets()
        if _is_left_alike(site, targets, reenter=reenter):
            names = [f"#{one.id}" for one in targets]
            drawn["target"] = names if len(names) > 1 else names[0]
            if reenter:
                drawn["reenter"] = True

    def targets(self) -> list[Site]:
        regions = [s for s in self.states if s.kind == "parallel" and len(s.children) > 1]
        if not regions or self.chance(2):
            return [self.random.choice(self.sites)]
        around = self.random.choice(regions)
        below = [child for child in around.children.values() if child.kind != "history"]
        return [self.random.choice([one, *_all(one)]) for one in below[:2]]

    # --- guards and actions ---

    def guard(self, depth: int = 2) -> object:
        kind = self.random.choice(["odd", "below", "in", "in", "and", "or", "not"])
        if kind == "below":
            return {"type": "below", "params": {"limit": self.random.randint(1, 9)}}
        if kind == "in":
            return {"in": f"#{self.random.choice(self.states).id}"}
        if kind == "odd" or depth == 0:
            return "odd"
        if kind == "not":
            return {"not": self.guard(depth - 1)}
        return {kind: [self.guard(depth - 1) for _ in range(self.random.randint(1, 2))]}

    def actions(self, name: str) -> list:
        """What is logged, with something before or after it; few who answer to what is raised raise something."""
        log = {"type": "log", "params": {"name": name}}
        kind = self.random.choice(["alone", "alone", "before", "after"])
        if kind == "alone":
            return [log]
        raising = name.split("@", maxsplit=1)[0] in SENT or self.chance(8)
        other = self.random.choice([*_OTHERS, *_RAISING] if raising else _OTHERS)
        return [other, log] if kind == "before" else [log, other]


_OTHERS = [
    "count",
    "count",
    {"assign": {"m": {"from": "context.n"}}},
    {"send": {"type": "T", "delay": 3}},
    {"send": {"type": "T", "delay": 4, "id": "late"}},
    {"cancel": "late"},
]
_RAISING = [
    {"raise": {"type": "I", "data": {"v": 1}}},
    {"raise": {"type": "J", "data": {"v": {"from": "context.n"}}}},
]


# --- what differs ---------------------------------------------------------------------------------


def _is_left_alike(site: Site, targets: list[Site], *, reenter: bool) -> bool:
    """Whether XState leaves the same nodes as we do."""
    inside = all(one is site or one.is_below(site) for one in targets)
    if inside and site.kind == "compound" and not reenter and site not in targets:
        return True
    if any(_is_own_history(site, one) for one in targets):
        return False
    if any(one.parent is None for one in targets):
        return True
    meeting = next((a for a in site.line() if all(one.is_below(a) for one in targets)), None)
    return meeting is None or meeting.kind != "parallel" or meeting.parent is None


def _is_own_history(site: Site, target: Site) -> bool:
    """Whether a node returns to the history of a node that it is in, which was left some other time."""
    return target.kind == "history" and target.parent is not None and site.is_below(target.parent)


def _has_plain_initial(site: Site) -> bool:
    """Whether XState runs the actions of a node's initial transition whenever we do.

    It forgets them in a region that is entered for the sake of another, and in what a history restores.
    """
    if site.kind != "compound" or (site.parent is not None and site.parent.kind == "parallel"):
        return False
    return not any(_has_history(above) for above in site.line())


def _has_history(site: Site) -> bool:
    return any(child.kind == "history" for child in site.children.values())


def _drop_hidden(parallel: Site, ids: Mapping[str, Site]) -> None:
    """XState asks nobody around a parallel node once any region has answered, W3C asks for each region.

    That shows where one of two answers leaves nothing, so that they do not conflict; and where the inner one leaves
    more than the outer one, so that a third can take its place.
    """
    below = [one for one in _all(parallel) if one is not parallel]
    inner = [(one, *answer) for one in below for answer in _answers(one)]
    for outer in [parallel, *parallel.line()]:
        for key, name in list(_keys(outer)):
            ours = _transitions(outer, key, name)
            event = _event(outer, key, name)
            rivals = [(one, there) for one, other, there in inner if _overlap(other, event)]
            free = any("target" not in one for one in ours) or any(
                _leads_out(site, one, outer, ids) for site, there in rivals for one in there
            )
            if rivals and free:
                _drop(outer, key, name)


def _leads_out(site: Site, transition: dict, outer: Site, ids: Mapping[str, Site]) -> bool:
    """Whether an inner transition may leave more than an outer one, or nothing, as one to its own atomic source."""
    named = transition.get("target", [])
    targets = [
        ids[one.removeprefix("#")] for one in ([named] if isinstance(named, str) else named)
    ]
    restarts = targets == [site] and not site.children
    return not targets or restarts or not all(one.is_below(outer) for one in targets)


def _drop_eventless(parallel: Site) -> None:
    """Eventless transitions of several regions: XState takes them in the order in which nodes were entered."""
    around = [one for one in [parallel, *parallel.line()] if "always" in _body(one)]
    regions = [list(_all(region)) for region in parallel.children.values()]
    asking = [[one for one in region if "always" in _body(one)] for region in regions]
    kept = around or next((found for found in asking if found), [])
    for found in asking:
        for one in found:
            if one not in kept:
                del _body(one)["always"]


def _answers(site: Site) -> Iterator[tuple[str, list[dict]]]:
    for key, name in _keys(site):
        yield _event(site, key, name), _transitions(site, key, name)


def _keys(site: Site) -> Iterator[tuple[str, str]]:
    node = _body(site)
    yield from (("on", name) for name in node.get("on", {}))
    yield from (("after", name) for name in node.get("after", {}))
    if "onDone" in node:
        yield "onDone", ""


def _event(site: Site, key: str, name: str) -> str:
    return {"on": name, "after": f"after.{name}.{site.id}", "onDone": f"done.state.{site.id}"}[key]


def _transitions(site: Site, key: str, name: str) -> list[dict]:
    found = _body(site)[key]
    return found if key == "onDone" else found[name]


def _drop(site: Site, key: str, name: str) -> None:
    if key == "onDone":
        del _body(site)[key]
    else:
        del _body(site)[key][name]


def _overlap(one: str, other: str) -> bool:
    return any(
        a in (b, "*") or (a.endswith(".*") and f"{b}.".startswith(a[:-1]))
        for a, b in ((one, other), (other, one))
    )


def _all(site: Site) -> Iterator[Site]:
    yield site
    for child in site.children.values():
        yield from _all(child)


def _body(site: Site) -> dict:
    assert isinstance(site.source, dict)
    return site.source
