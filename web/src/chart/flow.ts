import type { Edge, Node } from "@xyflow/react";
import type { ElkNode, ElkPoint } from "elkjs/lib/elk-api";
import { labelLines } from "./elkInput";
import type { Drawing, DrawnEdge, DrawnNode } from "./graph";
import type { Box, Size } from "./viewport";

export type StateData = { node: DrawnNode };
export type StateFlowNode = Node<StateData, "state">;
export type TransitionData = { edge: DrawnEdge; path: string; lines: string[]; at: ElkPoint | undefined };
export type TransitionFlowEdge = Edge<TransitionData, "transition">;

/** A chart that has its places: what React Flow draws, and every node's box in the chart. */
export type Placed = { nodes: StateFlowNode[]; edges: TransitionFlowEdge[]; boxes: Map<string, Box>; size: Size };

// React Flow adds the depth of nesting: lines stay above every compound and below every state.
const EDGES = 100;
const ABOVE_EDGES = 200;

/** Turn elk's answer into React Flow's terms: positions relative to the parent, edges as elk routed them. */
export function placed(drawing: Drawing, layout: ElkNode): Placed {
  const boxes = new Map<string, Box>();
  const nodes: StateFlowNode[] = [];
  const byId = new Map(drawing.nodes.map((node) => [node.id, node]));
  const visit = (children: readonly ElkNode[], left: number, top: number) => {
    for (const { id, x = 0, y = 0, width = 0, height = 0, children: inner } of children) {
      const node = byId.get(id);
      if (!node) continue;
      boxes.set(id, { x: left + x, y: top + y, width, height });
      nodes.push({
        id,
        type: "state",
        position: { x, y },
        width,
        height,
        zIndex: node.open ? 0 : ABOVE_EDGES,
        data: { node },
        ...(node.inside ? { parentId: node.inside } : {}),
      });
      visit(inner ?? [], left + x, top + y);
    }
  };
  visit(layout.children ?? [], 0, 0);
  const size = { width: layout.width ?? 0, height: layout.height ?? 0 };
  return { nodes, edges: edgesOf(drawing, layout), boxes, size };
}

function edgesOf(drawing: Drawing, layout: ElkNode): TransitionFlowEdge[] {
  const routed = new Map((layout.edges ?? []).map((edge) => [edge.id, edge]));
  return drawing.edges.map((edge) => {
    const route = routed.get(edge.id);
    const label = route?.labels?.[0];
    return {
      id: edge.id,
      type: "transition",
      source: edge.source,
      target: edge.target,
      zIndex: EDGES,
      data: {
        edge,
        path: (route?.sections ?? [])
          .map((section) => [section.startPoint, ...(section.bendPoints ?? []), section.endPoint])
          .map((points) => pathOf(route?.sources[0] === edge.source ? points : points.toReversed()))
          .join(" "),
        lines: labelLines(edge.labels),
        at: label ? { x: (label.x ?? 0) + (label.width ?? 0) / 2, y: label.y ?? 0 } : undefined,
      },
    };
  });
}

/** A line through points with rounded corners. */
export function pathOf(points: readonly ElkPoint[], radius = 6): string {
  return points
    .map((point, n) => {
      const before = points[n - 1];
      const after = points[n + 1];
      if (!before) return `M ${point.x} ${point.y}`;
      if (!after) return `L ${point.x} ${point.y}`;
      const from = towards(point, before, radius);
      const to = towards(point, after, radius);
      return `L ${from.x} ${from.y} Q ${point.x} ${point.y} ${to.x} ${to.y}`;
    })
    .join(" ");
}

function towards(from: ElkPoint, to: ElkPoint, distance: number): ElkPoint {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const part = Math.min(distance, length / 2) / length;
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}
