import { words } from "@/format/word";
import type { ChartQuery } from "@/gen/graphql";

export type ChartGraph = NonNullable<ChartQuery["chart"]>;
export type ChartNode = ChartGraph["nodes"][number];
export type ChartEdge = ChartGraph["edges"][number];

/** What is drawn: nodes that no collapsed ancestor hides, and edges between drawn nodes, one for each pair. */
export type Drawing = { nodes: DrawnNode[]; edges: DrawnEdge[] };
export type DrawnNode = ChartNode & {
  /** The drawn compound around this node; undefined at the top (the root itself is not drawn). */
  inside: string | undefined;
  /** Has drawn children. */
  open: boolean;
  /** Has children at all. */
  compound: boolean;
  /** Nobody rests here: a history, or a state that eventless transitions leave at once. */
  passing: boolean;
};
export type DrawnEdge = {
  id: string;
  source: string;
  target: string;
  labels: string[];
  members: ChartEdge[];
  /** Leads out of a state that is only passed through. */
  passing: boolean;
};

/** Choose what to draw when some compounds are collapsed. */
export function drawingOf(graph: ChartGraph, collapsed: ReadonlySet<string>): Drawing {
  const parents = parentsOf(graph);
  const roots = new Set(graph.nodes.filter((node) => node.parent === null).map((node) => node.id));
  const withChildren = new Set(graph.nodes.map((node) => node.parent));
  const passing = new Set(graph.nodes.filter((node) => isPassing(node, graph.edges)).map(({ id }) => id));
  const hidden = (id: string) => ancestors(id, parents).some((above) => collapsed.has(above));
  const nodes = graph.nodes
    .filter((node) => !roots.has(node.id) && !hidden(node.id))
    .map((node) => ({
      ...node,
      label: node.label === node.key ? words(node.key) : node.label,
      inside: node.parent && !roots.has(node.parent) ? node.parent : undefined,
      compound: withChildren.has(node.id),
      open: withChildren.has(node.id) && !collapsed.has(node.id),
      passing: passing.has(node.id),
    }));
  const drawn = new Set(nodes.map((node) => node.id));
  const edges = mergedEdges(graph.edges, (id) => drawnOwner(id, drawn, parents));
  return { nodes, edges: edges.map((edge) => quietened(edge, passing)) };
}

function isPassing({ id, kind }: ChartNode, edges: readonly ChartEdge[]): boolean {
  if (kind === "history") return true;
  const exits = edges.filter((edge) => edge.source === id);
  // One exit without a condition: there is no way to stay.
  return kind === "atomic" && exits.some(({ kind: how, guard }) => how === "always" && guard === null);
}

/** The conditions out of a state that is only passed through are for hovering, not for the first sight. */
function quietened(edge: DrawnEdge, passing: ReadonlySet<string>): DrawnEdge {
  return passing.has(edge.source) ? { ...edge, labels: [], passing: true } : edge;
}

/** The ancestors of a node, nearest first. */
export function ancestors(id: string, parents: ReadonlyMap<string, string | null>): string[] {
  const parent = parents.get(id) ?? null;
  return parent === null ? [] : [parent, ...ancestors(parent, parents)];
}

/** Every node's parent. */
export function parentsOf(graph: ChartGraph): Map<string, string | null> {
  return new Map(graph.nodes.map((node) => [node.id, node.parent]));
}

/** The drawn node that stands for a node: itself, or the nearest ancestor that is drawn. */
function drawnOwner(
  id: string,
  drawn: ReadonlySet<string>,
  parents: ReadonlyMap<string, string | null>,
): string | undefined {
  return [id, ...ancestors(id, parents)].find((candidate) => drawn.has(candidate));
}

function mergedEdges(edges: readonly ChartEdge[], owner: (id: string) => string | undefined): DrawnEdge[] {
  const merged = new Map<string, DrawnEdge>();
  for (const edge of edges) {
    const source = owner(edge.source);
    const target = owner(edge.target);
    if (!source || !target || source === target) continue;
    const id = `${source}\u2192${target}`;
    const known = merged.get(id) ?? { id, source, target, labels: [], members: [], passing: false };
    const label = shortLabel(edge);
    if (label && !known.labels.includes(label)) known.labels.push(label);
    known.members.push(edge);
    merged.set(id, known);
  }
  return [...merged.values()];
}

const LONGEST = 30;

/** What is written at a line: the event's label, else the condition, cut where it would push the states apart. */
function shortLabel({ label, guard }: ChartEdge): string {
  const text = label || (guard ?? "");
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1).trimEnd()}\u2026` : text;
}
