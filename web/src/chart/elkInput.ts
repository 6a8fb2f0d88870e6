import type { ElkExtendedEdge, ElkNode } from "elkjs/lib/elk-api";
import type { Drawing, DrawnEdge, DrawnNode } from "./graph";

export type Direction = "RIGHT" | "DOWN";

const OPTIONS = {
  "elk.algorithm": "layered",
  "elk.hierarchyHandling": "INCLUDE_CHILDREN",
  "elk.json.edgeCoords": "ROOT",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.layered.spacing.nodeNodeBetweenLayers": "36",
  "elk.layered.spacing.edgeNodeBetweenLayers": "16",
  "elk.spacing.nodeNode": "22",
  "elk.spacing.edgeNode": "16",
  "elk.spacing.edgeEdge": "10",
  "elk.spacing.edgeLabel": "3",
  "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
  "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
};
const COMPOUND = { "elk.padding": "[top=42,left=16,bottom=16,right=16]" };
const CHARACTER = 7.4;
const LABEL_CHARACTER = 6.6;
export const LABEL_LINE = 15;
const LABEL_LINES = 3;

/** The input for elk: compounds with their children inside, sizes from the texts, labels to be placed. */
export function elkInput({ nodes, edges }: Drawing, direction: Direction): ElkNode {
  return {
    id: "chart",
    layoutOptions: { ...OPTIONS, "elk.direction": direction },
    children: childrenOf(undefined, nodes),
    edges: edges.map((edge) => elkEdge(edge, isBackward(edge, nodes))),
  };
}

/**
 * Tell whether a transition leads back in the order of the definition.
 * Such a one is laid out the other way round: the chart then reads in the author's order, whatever cycles it has.
 */
export function isBackward({ source, target }: DrawnEdge, nodes: readonly DrawnNode[]): boolean {
  const from = chain(source, nodes);
  const to = chain(target, nodes);
  const fork = from.findIndex((id, depth) => id !== to[depth]);
  const [left, right] = [from[fork], to[fork]];
  if (left === undefined || right === undefined) return false;
  const place = (id: string) => nodes.findIndex((node) => node.id === id);
  return place(left) > place(right);
}

/** The drawn nodes around a node and itself, outermost first. */
function chain(id: string, nodes: readonly DrawnNode[]): string[] {
  const inside = nodes.find((node) => node.id === id)?.inside;
  return inside ? [...chain(inside, nodes), id] : [id];
}

/** The lines of an edge's label; what does not fit is counted. */
export function labelLines(labels: readonly string[]): string[] {
  if (labels.length <= LABEL_LINES) return [...labels];
  return [...labels.slice(0, LABEL_LINES - 1), `and ${labels.length - LABEL_LINES + 1} more`];
}

function childrenOf(inside: string | undefined, nodes: readonly DrawnNode[]): ElkNode[] {
  return nodes
    .filter((node) => node.inside === inside)
    .map((node) =>
      node.open
        ? { id: node.id, layoutOptions: COMPOUND, children: childrenOf(node.id, nodes) }
        : { id: node.id, width: nodeWidth(node), height: node.passing ? 28 : 38 },
    );
}

function nodeWidth(node: DrawnNode): number {
  return Math.round(Math.max(node.passing ? 80 : 96, node.label.length * CHARACTER + (node.compound ? 62 : node.passing ? 20 : 34)));
}

function elkEdge(edge: DrawnEdge, backward: boolean): ElkExtendedEdge {
  const lines = labelLines(edge.labels);
  const longest = Math.max(0, ...lines.map((line) => line.length));
  const label = {
    text: lines.join("\n"),
    width: Math.round(longest * LABEL_CHARACTER + 6),
    height: lines.length * LABEL_LINE,
  };
  return {
    id: edge.id,
    sources: [backward ? edge.target : edge.source],
    targets: [backward ? edge.source : edge.target],
    labels: lines.length > 0 ? [label] : [],
  };
}
