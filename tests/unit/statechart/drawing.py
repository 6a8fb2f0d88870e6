"""Draw random charts; their guards answer what the facts of a step say, turned by what was counted."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from orderwright.statechart import Behaviour, Chart, Event, Outcome, Scope, load

EVENTS = ("A", "B", "C.x")
DESCRIPTORS = ("A", "A", "B", "C.*", "C.x", "*")
GUARDS = ("g0", "g1", "g2")


def _answer(name: str) -> Callable[[Scope], bool]:
    def holds(scope: Scope) -> bool:
        return bool(scope.facts.get(name)) is not bool(scope.context["n"] % 2)

    return holds


BEHAVIOUR = Behaviour(
    guards={
        **{name: _answer(name) for name in GUARDS},
        "near": lambda scope: scope.in_state("c.s0"),
        "data": lambda scope: bool(scope.data.get("n")),
    },
    actions={"count": lambda scope: Outcome({"n": scope.context["n"] + 1})},
)
WHEN = {
    "when": {
        "combinator": "and",
        "rules": [{"field": "context.n", "operator": ">", "value": 1}],
    }
}
facts = st.fixed_dictionaries({name: st.booleans() for name in GUARDS})
happenings = st.lists(
    st.tuples(
        st.builds(Event, st.sampled_from(EVENTS), st.fixed_dictionaries({"n": st.integers(0, 1)})),
        facts,
    ),
    max_size=8,
)
actions = st.lists(
    st.sampled_from(["count", "count", {"assign": {"m": 1}}, {"raise": {"type": "B"}}]), max_size=1
)
quiet = st.lists(st.sampled_from(["count", {"assign": {"m": 1}}]), max_size=1)
"""Actions that do not raise: where most are taken, a chart would seldom come to rest."""


def _guards(places: list[str]) -> st.SearchStrategy:
    simple = st.one_of(
        st.sampled_from([*GUARDS, "near", "data", WHEN]),
        st.sampled_from([{"in": f"#{place}"} for place in places]),
    )
    return st.recursive(
        simple,
        lambda inner: st.one_of(
            st.builds(lambda one: {"not": one}, inner),
            st.builds(lambda some: {"and": some}, st.lists(inner, min_size=1, max_size=2)),
            st.builds(lambda some: {"or": some}, st.lists(inner, min_size=1, max_size=2)),
        ),
        max_leaves=3,
    )


def _tree(draw: st.DrawFn, depth: int, kind: str) -> dict:
    if kind == "final":
        return {"type": "final"}
    if kind == "atomic":
        return {}
    kinds = ["atomic"] if depth == 0 else ["atomic", "compound", "parallel"]
    if kind == "compound":
        kinds.append("final")
    count = draw(st.integers(1, 3))
    states = {f"s{i}": _tree(draw, depth - 1, draw(st.sampled_from(kinds))) for i in range(count)}
    if draw(st.integers(0, 2)) == 0:
        states["h"] = {"type": "history", "history": draw(st.sampled_from(["shallow", "deep"]))}
    if kind == "parallel":
        return {"type": "parallel", "states": states}
    return {"initial": f"s{draw(st.integers(0, count - 1))}", "states": states}


def _places(node: dict, place: str) -> list[str]:
    below = node.get("states", {}).items()
    return [place, *(found for key, one in below for found in _places(one, f"{place}.{key}"))]


def _transition(draw: st.DrawFn, places: list[str], *, eventless: bool = False) -> dict:
    drawn: dict = {"actions": draw(quiet if eventless else actions)}
    if draw(st.integers(0, 4)):
        drawn["target"] = f"#{draw(st.sampled_from(places))}"
    if draw(st.integers(0, 3)) == 0:
        drawn["reenter"] = True
    if eventless or draw(st.integers(0, 2)):
        drawn["guard"] = draw(_guards(places))
    return drawn


def _dress(node: dict, draw: st.DrawFn, places: list[str]) -> None:
    for child in node.get("states", {}).values():
        _dress(child, draw, places)
    if node.get("type") in ("history", "final"):
        return
    node["entry"], node["exit"] = draw(quiet), draw(quiet)
    for name in draw(st.lists(st.sampled_from(DESCRIPTORS), max_size=2, unique=True)):
        count = draw(st.integers(1, 2))
        node.setdefault("on", {})[name] = [_transition(draw, places) for _ in range(count)]
    if draw(st.integers(0, 3)) == 0:
        count = draw(st.integers(1, 2))
        node["always"] = [_transition(draw, places, eventless=True) for _ in range(count)]
        if draw(st.integers(0, 9)) == 0:
            del node["always"][0]["guard"]
    if "states" in node and draw(st.integers(0, 2)) == 0:
        node["onDone"] = _transition(draw, places)


@st.composite
def definitions(draw: st.DrawFn) -> dict:
    """The definition of a random chart that loads."""
    root = {"id": "c", **_tree(draw, 2, draw(st.sampled_from(["compound", "parallel"])))}
    _dress(root, draw, _places(root, "c"))
    return {**root, "context": {"n": 0, "m": 0}, "events": {name: {} for name in EVENTS}}


def charts() -> st.SearchStrategy[Chart]:
    return definitions().map(load)
