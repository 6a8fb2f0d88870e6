import type { WorkflowViewFragment } from "@/gen/graphql";

export type Workflow = WorkflowViewFragment;
export type LogEntry = Workflow["transitionLog"][number];
export type AllowedEvent = Workflow["allowedEvents"][number];
export type BlockedEvent = Workflow["blockedEvents"][number];
export type Reason = Workflow["waitingFor"][number];

/** One lifecycle on a page: the sale, a fulfilment, the quotation; with a name of its own. */
export type Lifecycle = { id: string; title: string; workflow: Workflow };

/** A row of the merged log: an entry and the lifecycle that it happened in. */
export type LoggedEntry = { lifecycle: Lifecycle; entry: LogEntry };

/** A moment of a lifecycle's past: what a row of the log points at. */
export type PastMoment = { instanceId: string; version: number };

/** The allowed event that usually comes next, if the server names one. */
export function nextOf({ nextEvent, allowedEvents }: Pick<Workflow, "nextEvent" | "allowedEvents">): AllowedEvent | undefined {
  return allowedEvents.find(({ event }) => event === nextEvent);
}

/** The allowed events in the server's order, the next one in front. */
export function allowedInOrder(workflow: Pick<Workflow, "nextEvent" | "allowedEvents">): readonly AllowedEvent[] {
  const next = nextOf(workflow);
  return next ? [next, ...workflow.allowedEvents.filter((event) => event !== next)] : workflow.allowedEvents;
}

/** Events that are blocked for the very same reasons, told once. */
export type BlockedGroup = { reasons: readonly Reason[]; events: BlockedEvent[] };

/** The blocked events by what blocks them, in the order in which each cause comes up first. */
export function blockedGroups(blocked: readonly BlockedEvent[]): BlockedGroup[] {
  const groups = new Map<string, BlockedGroup>();
  for (const event of blocked) {
    const same = JSON.stringify(event.reasons);
    const group = groups.get(same) ?? { reasons: event.reasons, events: [] };
    group.events.push(event);
    groups.set(same, group);
  }
  return [...groups.values()];
}

/** The currency that a lifecycle's amounts are in, if it has one. */
export function currencyOf(context: unknown): string | undefined {
  if (typeof context !== "object" || context === null || !("currency" in context)) return undefined;
  return typeof context.currency === "string" ? context.currency : undefined;
}

/** One timeline of several lifecycles, newest first; within one lifecycle the version decides. */
export function mergedLog(lifecycles: readonly Lifecycle[]): LoggedEntry[] {
  return lifecycles
    .flatMap((lifecycle) => lifecycle.workflow.transitionLog.map((entry) => ({ lifecycle, entry })))
    .toSorted(
      (a, b) =>
        Date.parse(b.entry.occurredAt) - Date.parse(a.entry.occurredAt) ||
        Date.parse(b.entry.recordedAt) - Date.parse(a.entry.recordedAt) ||
        b.entry.version - a.entry.version,
    );
}

/** The name of a row on the page. */
export function rowId({ lifecycle, entry }: LoggedEntry): string {
  return `log-${lifecycle.workflow.instanceId}/${entry.version}`;
}

/** The row that caused a step: causes are steps (`instance/version`) or the events they told (`instance/version/n`). */
export function causeOf({ causationId }: LogEntry, rows: readonly LoggedEntry[]): LoggedEntry | undefined {
  if (!causationId) return undefined;
  const steps = new Set([`log-${causationId}`, `log-${causationId.replace(/\/[^/]*$/, "")}`]);
  return rows.find((row) => steps.has(rowId(row)));
}
