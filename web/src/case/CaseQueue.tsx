import { Link } from "@tanstack/react-router";
import type { CaseRowFragment } from "@/gen/graphql";
import classes from "./Case.module.css";
import { CaseLine } from "./CaseLine";

type Props = { rows: readonly CaseRowFragment[]; chosen: string | undefined; state: string | undefined };

/** The cases that wait, each a way to its details; J and K step through them. */
export function CaseQueue({ rows, chosen, state }: Props) {
  return (
    <ol className={classes["rows"]}>
      {rows.map((row) => (
        <li key={row.id}>
          <Link
            to="/cases"
            search={{ ...(state ? { state } : {}), case: row.id }}
            className={classes["row"] ?? ""}
            data-chosen={row.id === chosen || undefined}
            activeProps={{}}
          >
            <span className={classes["title"]}>{row.title}</span>
            <span className={classes["line"]}>{row.number}</span>
            <CaseLine row={row} />
          </Link>
        </li>
      ))}
    </ol>
  );
}
