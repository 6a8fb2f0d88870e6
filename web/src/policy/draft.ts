import type { Exit, Group, Place, PolicyDocument, PolicyEdge, PolicyNode, Rule } from "./document";
import { isGroup } from "./document";
import { arityOf } from "./operator";

/** A policy while somebody draws it: as the document, but every node has its place and rules may carry the editor's ids. */
export type Draft = PolicyDocument & { layout: Readonly<Record<string, Place>> };

// Wider and higher than any node is drawn.
const STEP = { x: 410, y: 130 };

/** A policy that is nothing but its trigger. */
export function emptyDraft(trigger: string): Draft {
  return {
    schema: 1,
    name: "",
    trigger,
    priority: 0,
    graph: { nodes: [{ id: "trigger", type: "trigger" }], edges: [] },
    layout: { trigger: { x: 40, y: 60 } },
  };
}

/** Open a document; nodes without a place get one behind those that lead to them. */
export function draftOf(document: PolicyDocument): Draft {
  const known = document.layout ?? {};
  const rows = new Map<number, number>();
  const layout = document.graph.nodes.map(({ id }) => {
    const depth = depthOf(id, document.graph.edges, new Set());
    const row = rows.get(depth) ?? 0;
    rows.set(depth, row + 1);
    return [id, known[id] ?? { x: 40 + depth * STEP.x, y: 60 + row * STEP.y }] as const;
  });
  return { ...document, layout: Object.fromEntries(layout) };
}

/** Put every node behind those that lead to it. */
export function arranged({ layout: _old, ...draft }: Draft): Draft {
  return draftOf(draft);
}

/** The document of a draft: without the editor's ids, places in whole pixels, only those of nodes that there are. */
export function documentOf(draft: Draft): PolicyDocument {
  const nodes = draft.graph.nodes.map((node) => (node.type === "condition" ? { ...node, group: plainGroup(node.group) } : node));
  const layout = nodes.flatMap(({ id }) => {
    const place = draft.layout[id];
    return place ? [[id, { x: Math.round(place.x), y: Math.round(place.y) }] as const] : [];
  });
  return { ...draft, graph: { nodes, edges: draft.graph.edges }, layout: Object.fromEntries(layout) };
}

/** Add a condition or an action, behind another node where one is named. */
export function withNode(draft: Draft, kind: "condition" | "action", action = "FLAG_FOR_REVIEW", behind?: string, exit?: Exit) {
  const id = freshId(kind, draft);
  const node: PolicyNode =
    kind === "condition"
      ? { id, type: "condition", group: { combinator: "and", rules: [] } }
      : { id, type: "action", action, config: {} };
  const drawn = { ...draft, graph: { ...draft.graph, nodes: [...draft.graph.nodes, node] }, layout: { ...draft.layout, [id]: freePlace(draft, behind) } };
  const next = behind === undefined ? drawn : withEdge(drawn, { from: behind, to: id, ...(exit ? { exit } : {}) });
  return { draft: next, id };
}

/** Replace a node by one of the same id. */
export function withChanged(draft: Draft, node: PolicyNode): Draft {
  const nodes = draft.graph.nodes.map((one) => (one.id === node.id ? node : one));
  return { ...draft, graph: { ...draft.graph, nodes } };
}

/** Remove a node with its edges; the trigger stays. */
export function withoutNode(draft: Draft, id: string): Draft {
  if (draft.graph.nodes.find((node) => node.id === id)?.type === "trigger") return draft;
  const { [id]: _gone, ...layout } = draft.layout;
  const nodes = draft.graph.nodes.filter((node) => node.id !== id);
  const edges = draft.graph.edges.filter(({ from, to }) => from !== id && to !== id);
  return { ...draft, graph: { nodes, edges }, layout };
}

/** Lead from one node to another; what cannot be drawn (back into itself, into the trigger, twice) changes nothing. */
export function withEdge(draft: Draft, edge: PolicyEdge): Draft {
  return mayConnect(draft, edge) ? { ...draft, graph: { ...draft.graph, edges: [...draft.graph.edges, edge] } } : draft;
}

export function withoutEdge(draft: Draft, gone: PolicyEdge): Draft {
  const edges = draft.graph.edges.filter((edge) => !isSame(edge, gone));
  return { ...draft, graph: { ...draft.graph, edges } };
}

/** Tell whether an edge can be drawn: into a node that is not the trigger, once, and without a circle. */
export function mayConnect({ graph }: Draft, edge: PolicyEdge): boolean {
  const from = graph.nodes.find(({ id }) => id === edge.from);
  const to = graph.nodes.find(({ id }) => id === edge.to);
  if (!from || !to || to.type === "trigger") return false;
  if ((from.type === "condition") !== (edge.exit !== undefined)) return false;
  return !graph.edges.some((one) => isSame(one, edge)) && !leadsTo(edge.to, edge.from, graph.edges);
}

export function isSame(a: PolicyEdge, b: PolicyEdge): boolean {
  return a.from === b.from && a.to === b.to && a.exit === b.exit;
}

/** A group as the server takes it: known keys only, and no value where the operator takes none. */
export function plainGroup({ combinator, not, rules }: Group): Group {
  const plain = rules.map((one) => (isGroup(one) ? plainGroup(one) : plainRule(one)));
  return { combinator, ...(not ? { not } : {}), rules: plain };
}

function plainRule({ field, operator, value }: Rule): Rule {
  return arityOf(operator) === "none" || value === undefined ? { field, operator } : { field, operator, value };
}

function leadsTo(from: string, to: string, edges: readonly PolicyEdge[]): boolean {
  const seen = new Set<string>();
  const open = [from];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (at === to) return true;
    if (seen.has(at)) continue;
    seen.add(at);
    open.push(...edges.filter((edge) => edge.from === at).map((edge) => edge.to));
  }
  return false;
}

function depthOf(id: string, edges: readonly PolicyEdge[], above: ReadonlySet<string>): number {
  const before = edges.filter((edge) => edge.to === id && !above.has(edge.from));
  const deeper = new Set([...above, id]);
  return Math.max(-1, ...before.map(({ from }) => depthOf(from, edges, deeper))) + 1;
}

function freshId(kind: string, { graph }: Draft): string {
  const taken = new Set(graph.nodes.map(({ id }) => id));
  let number = 1;
  while (taken.has(`${kind}-${number}`)) number += 1;
  return `${kind}-${number}`;
}

/** A place that is free: right of what leads there, below what is there already. */
function freePlace({ layout }: Draft, behind: string | undefined): Place {
  const places = Object.values(layout);
  const start = behind === undefined ? undefined : layout[behind];
  const x = start ? start.x + STEP.x : 40 + STEP.x;
  let y = start ? start.y : 60;
  while (places.some((place) => Math.abs(place.x - x) < STEP.x * 0.8 && Math.abs(place.y - y) < STEP.y * 0.8)) y += STEP.y;
  return { x, y };
}
