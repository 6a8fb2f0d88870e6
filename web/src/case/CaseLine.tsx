import { words } from "@/format/word";
import type { CaseRowFragment } from "@/gen/graphql";
import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";
import classes from "./Case.module.css";

const TONES = { LOW: "neutral", NORMAL: "neutral", HIGH: "warning", URGENT: "bad" } as const;

/** How urgent a case is, where it stands, whose it is, by when it is to be resolved. */
export function CaseLine({ row }: { row: CaseRowFragment }) {
  return (
    <span className={classes["line"]}>
      <Chip label={words(row.priority)} tone={TONES[row.priority]} description="Priority" />
      <span>{row.workflowLabel}</span>
      <span>{row.assigneeName ?? words(row.role)}</span>
      {row.dueAt && row.workflowState !== "RESOLVED" ? (
        <span className={row.isOverdue ? classes["late"] : undefined}>
          {row.isOverdue ? "Overdue since" : "Due"} <Moment at={row.dueAt} />
        </span>
      ) : null}
    </span>
  );
}
