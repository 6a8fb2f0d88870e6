import { Link } from "@tanstack/react-router";
import classes from "@/case/Case.module.css";
import type { ReturnRowFragment } from "@/gen/graphql";
import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";
import { linesText } from "./lines";

type Props = { rows: readonly ReturnRowFragment[]; chosen: string | undefined; state: string | undefined };

/** The returns, each a way to its details; J and K step through them. */
export function ReturnQueue({ rows, chosen, state }: Props) {
  return (
    <ol className={classes["rows"]}>
      {rows.map((row) => (
        <li key={row.id}>
          <Link
            to="/returns"
            search={{ ...(state ? { state } : {}), return: row.id }}
            className={classes["row"] ?? ""}
            data-chosen={row.id === chosen || undefined}
            activeProps={{}}
          >
            <span className={classes["title"]}>{linesText(row.lines)}</span>
            <span className={classes["line"]}>
              {row.number} {row.orderNumber}
            </span>
            <span className={classes["line"]}>
              <Chip label={row.workflowLabel} tone={row.workflowTone} description={row.workflowDescription} />
              <Moment at={row.createdAt} />
            </span>
          </Link>
        </li>
      ))}
    </ol>
  );
}
