import type { LogEntry } from "@/workflow/lifecycle";
import { ancestors, type ChartEdge, type ChartGraph, parentsOf } from "./graph";

type Step = Pick<LogEntry, "eventType" | "configuration">;

/**
 * The edges on the taken path: for each step of the log, those that its event took out of the configuration
 * before it, and the eventless ones that led on from there into the configuration after it.
 */
export function takenEdges(graph: ChartGraph, log: readonly Step[]): Set<string> {
  const parents = parentsOf(graph);
  const taken = new Set<string>();
  log.forEach((step, n) => {
    const before = new Set(log[n - 1]?.configuration ?? []);
    for (const edge of stepEdges(step, before, graph.edges, parents)) taken.add(edge.id);
  });
  return taken;
}

/** The edges that an allowed event could take out of a configuration. */
export function nextEdges(
  edges: readonly ChartEdge[],
  configuration: readonly string[],
  allowed: ReadonlySet<string>,
): Set<string> {
  const active = new Set(configuration);
  const next = edges.filter((edge) => edge.event && allowed.has(edge.event) && active.has(edge.source));
  return new Set(next.map((edge) => edge.id));
}

type Parents = ReadonlyMap<string, string | null>;

// An event may lead through states that its own macrostep leaves again: follow the eventless edges, not for ever.
const LONGEST = 6;

function stepEdges(step: Step, before: ReadonlySet<string>, edges: readonly ChartEdge[], parents: Parents): readonly ChartEdge[] {
  const after = new Set(step.configuration);
  const open = edges.filter((edge) => before.has(edge.source));
  const named = open.filter((edge) => edge.event === step.eventType);
  const direct = named.filter((edge) => after.has(edge.target));
  if (direct.length > 0) return direct;
  const starts = named.length > 0 ? named : open.filter((edge) => isEventless(edge) && !before.has(edge.target));
  return starts.map((edge) => pathInto(after, [edge], edges, parents)).find((path) => path.length > 0) ?? [];
}

/** The first way on, by eventless edges of the state reached or of those around it, into a configuration. */
function pathInto(
  after: ReadonlySet<string>,
  path: readonly ChartEdge[],
  edges: readonly ChartEdge[],
  parents: Parents,
): readonly ChartEdge[] {
  const at = path.at(-1)?.target ?? "";
  if (after.has(at)) return path;
  if (path.length >= LONGEST) return [];
  const around = new Set([at, ...ancestors(at, parents)]);
  const onward = edges.filter((edge) => isEventless(edge) && around.has(edge.source) && !path.includes(edge));
  const ways = onward.map((edge) => pathInto(after, [...path, edge], edges, parents));
  return ways.find((way) => way.length > 0) ?? [];
}

function isEventless(edge: ChartEdge): boolean {
  return edge.kind === "always" || edge.kind === "done";
}
