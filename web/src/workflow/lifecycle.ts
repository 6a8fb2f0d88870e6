import type { WorkflowViewFragment } from "@/gen/graphql";

export type Workflow = WorkflowViewFragment;
export type LogEntry = Workflow["transitionLog"][number];
export type AllowedEvent = Workflow["allowedEvents"][number];
export type Reason = Workflow["waitingFor"][number];

/** One lifecycle on a page: the sale, a fulfilment, the quotation; with a name of its own. */
export type Lifecycle = { id: string; title: string; workflow: Workflow };

/** A row of the merged log: an entry and the lifecycle that it happened in. */
export type LoggedEntry = { lifecycle: Lifecycle; entry: LogEntry };

/** A moment of a lifecycle's past: what a row of the log points at. */
export type PastMoment = { instanceId: string; version: number };

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
