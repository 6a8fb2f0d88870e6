import { Link } from "@tanstack/react-router";
import { words } from "@/format/word";
import type { ExecutionRowFragment } from "@/gen/graphql";
import type { Column } from "@/templates/column";
import { DataTable } from "@/templates/DataTable";
import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";
import { EntityLink } from "./EntityLink";
import { rowOutcome } from "./rowOutcome";
import { actionLabel } from "./setting";

/** Decisions as rows, for a panel. */
export function ExecutionRows({ rows, labels }: { rows: readonly ExecutionRowFragment[]; labels: ReadonlyMap<string, string> }) {
  if (rows.length === 0) return <p style={{ margin: 0, padding: "12px 14px" }}>Nothing was decided yet.</p>;
  return <DataTable label="Decisions" columns={executionColumns(labels)} rows={rows} keyOf={(row) => row.id} />;
}

export function executionColumns(labels: ReadonlyMap<string, string>): readonly Column<ExecutionRowFragment>[] {
  return [
    {
      key: "what",
      heading: "Event",
      card: "head",
      cell: (row) => (
        <Link to="/executions/$executionId" params={{ executionId: row.id }}>
          {labels.get(row.trigger) ?? words(row.trigger)}
        </Link>
      ),
    },
    { key: "outcome", heading: "Outcome", card: "head", cell: (row) => <Chip {...rowOutcome(row)} /> },
    { key: "entity", heading: "On", cell: (row) => <EntityLink type={row.entityType} id={row.entityId} /> },
    { key: "policies", heading: "Policies with a say", cell: (row) => row.evaluations.map(({ policyName, mode }) => (mode === "shadow" ? `${policyName} (shadow)` : policyName)).join(", ") || "None" },
    { key: "actions", heading: "Actions", cell: (row) => row.actions.map(({ action, status }) => `${actionLabel(action)} (${status})`).join(", ") },
    { key: "took", heading: "Took", align: "right", cell: (row) => duration(row.durationUs) },
    { key: "at", heading: "When", cell: (row) => <Moment at={row.occurredAt} /> },
  ];
}

/** Microseconds as people read them. */
export function duration(microseconds: number): string {
  return microseconds < 1000 ? `${Math.round(microseconds)} µs` : `${(microseconds / 1000).toFixed(1)} ms`;
}
