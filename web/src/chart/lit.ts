import type { LogEntry } from "@/workflow/lifecycle";
import type { ChartEdge } from "./graph";

type Step = Pick<LogEntry, "eventType" | "configuration">;

/**
 * The edges on the taken path: for each step of the log, those that its event took out of the configuration
 * before it, and the eventless ones that led on from there into the configuration after it.
 */
export function takenEdges(edges: readonly ChartEdge[], log: readonly Step[]): Set<string> {
  const taken = new Set<string>();
  log.forEach((step, n) => {
    const before = new Set(log[n - 1]?.configuration ?? []);
    for (const path of pathsOf(step, before, edges)) for (const edge of path) taken.add(edge.id);
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

// An event may lead through states that its own macrostep leaves again: follow the eventless edges, not for ever.
const LONGEST = 6;

function pathsOf(step: Step, before: ReadonlySet<string>, edges: readonly ChartEdge[]): ChartEdge[][] {
  const after = new Set(step.configuration);
  const firsts = edges.filter((edge) => before.has(edge.source) && (edge.event === step.eventType || isEventless(edge)));
  const named = firsts.filter((edge) => edge.event === step.eventType);
  const arrives = (path: ChartEdge[]) => after.has(path.at(-1)?.target ?? "");
  const walk = (path: ChartEdge[]): ChartEdge[][] => {
    if (arrives(path)) return [path];
    if (path.length >= LONGEST) return [];
    const at = path.at(-1)?.target;
    return edges.filter((edge) => edge.source === at && isEventless(edge)).flatMap((edge) => walk([...path, edge]));
  };
  const found = named.flatMap((edge) => walk([edge]));
  if (found.length > 0) return found;
  const entered = (edge: ChartEdge) => !before.has(edge.target);
  return firsts.filter(isEventless).filter(entered).flatMap((edge) => walk([edge]));
}

function isEventless(edge: ChartEdge): boolean {
  return edge.kind === "always" || edge.kind === "done";
}
