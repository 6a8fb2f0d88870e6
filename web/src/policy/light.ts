import type { Exit, PolicyDocument, PolicyEdge } from "./document";

/** A node that an event came to: `answer` is what a condition said, null where it does not know or asks nothing. */
export type Visit = { node: string; certain: boolean; answer?: boolean | null };

/** How an event reached a part of the graph. */
export type Reach = "certain" | "perhaps" | "not";

export type Light = { nodes: ReadonlyMap<string, Reach>; edges: ReadonlyMap<string, Reach>; answers: ReadonlyMap<string, string> };

export function edgeId({ from, to, exit }: PolicyEdge): string {
  return `${from} ${exit ?? ""} ${to}`;
}

/** What of a graph lights up for the path that an event took. */
export function lightOf({ graph }: Pick<PolicyDocument, "graph">, path: readonly Visit[]): Light {
  const visits = new Map(path.map((visit) => [visit.node, visit]));
  const conditions = new Set(graph.nodes.filter(({ type }) => type === "condition").map(({ id }) => id));
  const reach = (id: string): Reach => {
    const visit = visits.get(id);
    return visit ? (visit.certain ? "certain" : "perhaps") : "not";
  };
  const answered = path.filter(({ node }) => conditions.has(node));
  return {
    nodes: new Map(graph.nodes.map(({ id }) => [id, reach(id)])),
    edges: new Map(graph.edges.map((edge) => [edgeId(edge), edgeReach(edge, visits.get(edge.from))])),
    answers: new Map(answered.map(({ node, answer }) => [node, answerWord(answer)])),
  };
}

export function answerWord(answer: boolean | null | undefined): string {
  return answer === true ? "yes" : answer === false ? "no" : "not known";
}

function edgeReach({ exit }: PolicyEdge, from: Visit | undefined): Reach {
  if (!from) return "not";
  if (exit === undefined) return from.certain ? "certain" : "perhaps";
  if (typeof from.answer !== "boolean") return "perhaps";
  if (exit !== exitOf(from.answer)) return "not";
  return from.certain ? "certain" : "perhaps";
}

function exitOf(answer: boolean): Exit {
  return answer ? "true" : "false";
}
