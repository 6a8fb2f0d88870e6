import type { ConsequenceFragment } from "@/gen/graphql";
import { Panel } from "@/templates/Panel";
import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";
import { outcomeChip } from "./inForce";
import classes from "./Policy.module.css";
import { actionLabel } from "./setting";

type Props = { of: readonly ConsequenceFragment[] };

/** What the host of an entity was asked to do because of an answer, and what became of that. */
export function Consequences({ of }: Props) {
  if (of.length === 0) return null;
  return (
    <Panel title="Asked of its host">
      <ul className={classes["rows"]}>
        {of.map((one) => (
          <li key={one.id}>
            <div className={classes["line"]}>
              <span>{actionLabel(one.action)}</span>
              {one.doneAt ? <Moment at={one.doneAt} /> : null}
              <span className={classes["end"]}>
                <Chip {...outcomeChip(one.status)} />
              </span>
            </div>
            {one.message ? <div title={one.code ?? undefined}>Why: {one.message}</div> : null}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
