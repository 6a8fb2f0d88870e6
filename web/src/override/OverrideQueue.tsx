import { Link } from "@tanstack/react-router";
import type { Queued } from "@/approval/useApprovalQueue";
import { Amount } from "@/ui/Amount";
import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";
import classes from "./Override.module.css";

type Props = { rows: readonly Queued[]; chosen: string | undefined; state: string | undefined };

/** What waits or was decided, each with what is asked for and until when. */
export function OverrideQueue({ rows, chosen, state }: Props) {
  return (
    <ul className={classes["queue"]}>
      {rows.map((row) => (
        <li key={row.id}>
          <Link
            to="/approvals"
            search={{ ...(state ? { state } : {}), request: row.id }}
            resetScroll={false}
            className={classes["item"] ?? ""}
            aria-current={row.id === chosen ? "true" : undefined}
          >
            <span className={classes["line"]}>
              <strong>{row.subject}</strong>
              {row.amount ? <Amount money={row.amount} /> : null}
            </span>
            <span className={classes["line"]}>
              <span>{row.what}</span>
              <Chip label={row.workflowLabel} tone={row.workflowTone} description={row.workflowDescription} />
            </span>
            <span className={classes["dim"]}>
              {row.quorum.approved} of {row.quorum.approvers} votes · asked <Moment at={row.requestedAt} />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
