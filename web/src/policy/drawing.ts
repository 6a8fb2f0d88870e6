import type { Edge, Node } from "@xyflow/react";
import type { ElkNode } from "elkjs/lib/elk-api";
import { pathOf } from "@/chart/flow";
import type { Box, Size } from "@/chart/viewport";
import { isGroup, type PolicyDocument, type PolicyEdge, type PolicyNode } from "./document";
import type { Facts } from "./fact";
import { actionDetail, groupHead, groupWords, ruleWords, triggerWords } from "./inWords";
import { edgeId } from "./light";
import { actionLabel, actionTone } from "./setting";

/** What is written on a node. */
export type Face = { kind: PolicyNode["type"]; title: string; lines: readonly string[]; tone: string };
export type PolicyFlowNode = Node<{ face: Face }, "policy">;
export type PolicyFlowEdge = Edge<{ edge: PolicyEdge; path: string; label: string; at: { x: number; y: number } | undefined }, "policy">;
export type PlacedPolicy = { nodes: PolicyFlowNode[]; edges: PolicyFlowEdge[]; boxes: Map<string, Box>; size: Size };

export const EXIT_WORDS: Readonly<Record<string, string>> = { true: "yes", false: "no" };

const MOST_LINES = 4;
const LONGEST = 46;
const CHARACTER = 6.9;

/** What a node says on its face; what does not fit is counted, all of it stands beside the graph. */
export function faceOf(node: PolicyNode, document: Pick<PolicyDocument, "trigger">, facts: Facts, labels: ReadonlyMap<string, string>): Face {
  if (node.type === "trigger") return { kind: "trigger", title: triggerWords(document.trigger, labels), lines: [], tone: "active" };
  if (node.type === "action") {
    const detail = actionDetail(node);
    return { kind: "action", title: actionLabel(node.action), lines: detail ? [cut(detail)] : [], tone: actionTone(node.action) };
  }
  const said = node.group.rules.map((one) => cut(isGroup(one) ? groupWords(one, facts) : ruleWords(one, facts)));
  const lines = said.length > MOST_LINES ? [...said.slice(0, MOST_LINES - 1), `and ${said.length - MOST_LINES + 1} more`] : said;
  const title = said.length === 0 ? "No condition yet" : said.length === 1 && !node.group.not ? "If" : groupHead(node.group);
  return { kind: "condition", title, lines, tone: "neutral" };
}

export function faceSize({ title, lines }: Face): Size {
  const longest = Math.max(title.length * 1.06, ...lines.map((line) => line.length));
  return { width: Math.round(Math.max(150, longest * CHARACTER + 34)), height: 36 + lines.length * 18 + (lines.length > 0 ? 4 : 0) };
}

/** The input for elk. */
export function policyElk({ graph }: PolicyDocument, faces: ReadonlyMap<string, Face>, direction: "RIGHT" | "DOWN"): ElkNode {
  return {
    id: "policy",
    layoutOptions: {
      "elk.algorithm": "layered",
      "elk.direction": direction,
      "elk.edgeRouting": "ORTHOGONAL",
      "elk.layered.spacing.nodeNodeBetweenLayers": "48",
      "elk.spacing.nodeNode": "26",
      "elk.spacing.edgeLabel": "4",
      "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
    },
    children: graph.nodes.map(({ id }) => ({ id, ...sizeOf(faces.get(id)) })),
    edges: graph.edges.map((edge) => ({
      id: edgeId(edge),
      sources: [edge.from],
      targets: [edge.to],
      ...(edge.exit ? { labels: [{ text: edge.exit, width: 26, height: 16 }] } : {}),
    })),
  };
}

function sizeOf(face: Face | undefined): Size {
  return face ? faceSize(face) : { width: 150, height: 36 };
}

/** Turn elk's answer into what React Flow draws. */
export function placedPolicy({ graph }: PolicyDocument, faces: ReadonlyMap<string, Face>, layout: ElkNode): PlacedPolicy {
  const boxes = new Map((layout.children ?? []).map(({ id, x = 0, y = 0, width = 0, height = 0 }) => [id, { x, y, width, height }]));
  const routed = new Map((layout.edges ?? []).map((edge) => [edge.id, edge]));
  const nodes = graph.nodes.flatMap(({ id }): PolicyFlowNode[] => {
    const box = boxes.get(id);
    const face = faces.get(id);
    if (!box || !face) return [];
    return [{ id, type: "policy", position: { x: box.x, y: box.y }, width: box.width, height: box.height, measured: { width: box.width, height: box.height }, data: { face } }];
  });
  const edges = graph.edges.map((edge): PolicyFlowEdge => {
    const route = routed.get(edgeId(edge));
    const label = route?.labels?.[0];
    const points = (route?.sections ?? []).map(({ startPoint, bendPoints = [], endPoint }) => [startPoint, ...bendPoints, endPoint]);
    return {
      id: edgeId(edge),
      type: "policy",
      source: edge.from,
      target: edge.to,
      data: {
        edge,
        path: points.map((line) => pathOf(line)).join(" "),
        label: EXIT_WORDS[edge.exit ?? ""] ?? "",
        at: label ? { x: (label.x ?? 0) + (label.width ?? 0) / 2, y: (label.y ?? 0) + 12 } : undefined,
      },
    };
  });
  return { nodes, edges, boxes, size: { width: layout.width ?? 0, height: layout.height ?? 0 } };
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1).trimEnd()}…` : text;
}
