"""Read a policy from its JSON form, strictly, and say all that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from orderwright.condition import (
    Catalogue,
    ConditionInvalid,
    Group,
    Json,
    Regex,
    Schema,
    cased,
    parse,
    walk,
)
from orderwright.policy.action import ACTIONS, is_restrictive
from orderwright.policy.config import check_roles, read_config
from orderwright.policy.document import read_text
from orderwright.policy.graph import problems_of
from orderwright.policy.model import (
    SCHEMA,
    ActionNode,
    ConditionNode,
    Consequence,
    Edge,
    Node,
    Policy,
    TriggerNode,
)
from orderwright.policy.pattern import linear
from orderwright.policy.problem import Problems, at
from orderwright.policy.trigger import Trigger, Triggers, facts_of
from orderwright.policy.trigger_reading import read_trigger

MAX_NODES: Final = 200
MAX_EDGES: Final = 1000
MAX_RULES: Final = 500
"""Rules of all conditions of one policy."""
PRIORITY: Final = (-1000, 1000)

_KEYS: Final = "schema name description trigger priority on_unknown on_error graph layout".split()
_NODE_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "trigger": ("id", "type"),
    "condition": ("id", "type", "group"),
    "action": ("id", "type", "action", "config"),
}
_CONSEQUENCES: Final[Mapping[str, Consequence]] = {"flag": "flag", "hold": "hold"}
_EXITS: Final[Mapping[str, bool]] = {"true": True, "false": False}


def load(
    document: Mapping[str, Json] | str,
    *,
    triggers: Triggers | None = None,
    catalogue: Catalogue | None = None,
    roles: Collection[str] | None = None,
    regex: Regex = linear,
    cases: Triggers | None = None,
) -> Policy:
    """Read a policy.

    Args:
        document: JSON text, or what it parses to.
        triggers: the triggers that there are, with their facts; without them names and types are not checked.
        catalogue: the named lists that there are; without it their names are not checked.
        roles: the roles that people may have; without them their names are not checked.
        regex: the engine for `matches`.
        cases: the triggers by whose facts is told in which case texts are compared; by default `triggers`.

    Raises:
        PolicyInvalid: with every problem found, each with its JSON path.
    """
    source = read_text(document) if isinstance(document, str) else document
    reader = _Reader(triggers, catalogue, roles, regex, cases or triggers or {})
    policy = reader.policy(source)
    reader.problems.check()
    return policy


class _Reader:
    """Reads one document; what is wrong goes to `problems`."""

    def __init__(
        self,
        triggers: Triggers | None,
        catalogue: Catalogue | None,
        roles: Collection[str] | None,
        regex: Regex,
        cases: Triggers,
    ) -> None:
        self.triggers = triggers
        self.catalogue = catalogue
        self.roles = roles
        self.regex = regex
        self.cases = cases
        self.schema: Schema | None = None
        self.case_schema: Schema = {}
        self.problems = Problems()

    def policy(self, source: Json) -> Policy:
        """Read the whole."""
        problems = self.problems
        found = problems.mapping(source, "", "a policy")
        problems.only(found, "", _KEYS)
        if found.get("schema") != SCHEMA or isinstance(found.get("schema"), bool):
            problems.add("schema", "schema", f"this reads schema {SCHEMA}")
        trigger = self._trigger(found.get("trigger"))
        nodes, edges = self._graph(found.get("graph"))
        return Policy(
            name=problems.text(found.get("name"), "name", "the name of a policy"),
            description=self._description(found),
            trigger=trigger,
            priority=problems.whole(found.get("priority", 0), "priority", "`priority`", PRIORITY),
            on_unknown=self._consequence(found, "on_unknown", nodes),
            on_error=self._consequence(found, "on_error", nodes),
            nodes=nodes,
            edges=edges,
            layout=dict(problems.mapping(found.get("layout", {}), "layout", "a layout")),
        )

    def _trigger(self, source: Json) -> Trigger:
        trigger = read_trigger(source, self.triggers, self.problems)
        if self.triggers is not None:
            self.schema = facts_of(trigger, self.triggers)
        self.case_schema = facts_of(trigger, self.cases) or {}
        return trigger

    def _description(self, source: Mapping[str, Json]) -> str:
        words = source.get("description", "")
        return "" if words == "" else self.problems.text(words, "description", "it", 2000)

    def _consequence(
        self, source: Mapping[str, Json], key: str, nodes: Sequence[Node]
    ) -> Consequence:
        """Read what follows; `hold` by default where the policy can reach a restrictive action."""
        actions = [node.action for node in nodes if isinstance(node, ActionNode)]
        default = "hold" if any(map(is_restrictive, actions)) else "flag"
        word = self.problems.choice(source.get(key, default), key, f"`{key}`", _CONSEQUENCES)
        return _CONSEQUENCES.get(word, "hold")

    # --- the graph --------------------------------------------------------------------------------

    def _graph(self, source: Json) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
        """Read nodes and edges; how they hang together is judged only where each of them can be read."""
        graph = self.problems.mapping(source, "graph", "a graph")
        self.problems.only(graph, "graph", ("nodes", "edges"))
        nodes, names = self._nodes(graph.get("nodes")), _names(graph.get("nodes"))
        self._count_rules(nodes)
        before = len(self.problems.found)
        edges = self._edges(graph.get("edges"), names)
        whole = tuple(node for node in nodes if node is not None)
        are_read = len(whole) == len(nodes) and {node.id for node in whole} == names
        if are_read and len(self.problems.found) == before:
            self.problems.found.extend(problems_of(whole, edges))
        return whole, edges

    def _nodes(self, source: Json) -> list[Node | None]:
        entries = self.problems.sequence(source, "graph.nodes", "`nodes`", MAX_NODES)
        nodes = [self._node(one, f"graph.nodes[{i}]") for i, one in enumerate(entries)]
        names = [node.id if node else "" for node in nodes]
        for number, name in enumerate(names):
            if name and name in names[:number]:
                path = f"graph.nodes[{number}].id"
                self.problems.add(path, "duplicate", f"there is another node {name!r}")
        return nodes

    def _node(self, source: Json, path: str) -> Node | None:
        node = self.problems.mapping(source, path, "a node")
        if not isinstance(source, Mapping):
            return None
        kind = self.problems.choice(node.get("type"), at(path, "type"), "the type", _NODE_KEYS)
        name = self.problems.text(node.get("id"), at(path, "id"), "the id of a node", 64)
        if not kind or not name:
            return None
        self.problems.only(node, path, _NODE_KEYS[kind])
        if kind == "condition":
            return self._condition(node, name, path)
        return self._action(node, name, path) if kind == "action" else TriggerNode(id=name)

    def _condition(self, node: Mapping[str, Json], name: str, path: str) -> ConditionNode | None:
        place = at(path, "group")
        written = self._group(node.get("group"), place)
        if written is None:
            return None
        try:
            group = cased(written, self.case_schema, self.regex)
        except ValueError as error:
            self.problems.add(place, "pattern", f"a pattern is too large: {error}")
            return None
        return ConditionNode(id=name, group=group, written=written)

    def _group(self, source: Json, path: str) -> Group | None:
        try:
            return parse(
                source, path, regex=self.regex, schema=self.schema, catalogue=self.catalogue
            )
        except ConditionInvalid as invalid:
            self.problems.found.extend(invalid.problems)
            return None

    def _action(self, node: Mapping[str, Json], name: str, path: str) -> ActionNode | None:
        place = at(path, "action")
        action = self.problems.choice(node.get("action"), place, "the action", ACTIONS)
        if not action:
            return None
        source, place = node.get("config", {}), at(path, "config")
        config = read_config(source, action, place, self.problems, self.schema)
        if self.roles is not None:
            check_roles(config, action, place, self.problems, self.roles)
        return ActionNode(id=name, action=action, config=config)

    def _count_rules(self, nodes: Sequence[Node | None]) -> None:
        groups = [node.group for node in nodes if isinstance(node, ConditionNode)]
        count = sum(1 for group in groups for _ in walk(group))
        if count > MAX_RULES:
            message = f"the conditions have {count} rules; {MAX_RULES} are allowed"
            self.problems.add("graph.nodes", "limit", message)

    def _edges(self, source: Json, names: set[str]) -> tuple[Edge, ...]:
        entries = self.problems.sequence(source, "graph.edges", "`edges`", MAX_EDGES)
        found = [self._edge(one, f"graph.edges[{i}]", names) for i, one in enumerate(entries)]
        return tuple(edge for edge in found if edge is not None)

    def _edge(self, source: Json, path: str, names: set[str]) -> Edge | None:
        edge = self.problems.mapping(source, path, "an edge")
        if not isinstance(source, Mapping):
            return None
        self.problems.only(edge, path, ("from", "to", "exit"))
        start = self.problems.choice(edge.get("from"), at(path, "from"), "the node", names)
        end = self.problems.choice(edge.get("to"), at(path, "to"), "the node", names)
        answer = None
        if "exit" in edge:
            word = self.problems.choice(edge["exit"], at(path, "exit"), "the exit", _EXITS)
            answer = _EXITS.get(word)
        return Edge(source=start, target=end, exit=answer) if start and end else None


def _names(nodes: Json) -> set[str]:
    """Return the ids of nodes as written, of those too that cannot be read: edges to them are no second mistake."""
    entries = nodes if isinstance(nodes, list | tuple) else ()
    ids = (entry.get("id") for entry in entries if isinstance(entry, Mapping))
    return {name for name in ids if isinstance(name, str)}
