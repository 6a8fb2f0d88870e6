import { Panel } from "@/templates/Panel";
import { Moment } from "@/ui/Moment";
import { EntityLink } from "./EntityLink";
import type { KnownPolicy } from "./LifeActs";
import classes from "./Policy.module.css";

/** On what a policy has no say for a while; nothing where it has a say everywhere. */
export function Snoozes({ snoozes }: Pick<KnownPolicy, "snoozes">) {
  const now = snoozes.filter(({ endedAt }) => endedAt === null);
  if (now.length === 0) return null;
  return (
    <Panel title="No say on">
      <ul className={classes["rows"]}>
        {now.map((one) => (
          <li key={`${one.entityType} ${one.entityId} ${one.at}`}>
            <EntityLink type={one.entityType} id={one.entityId} /> until <Moment at={one.until} /> · {one.by.name}: “{one.reason}”
          </li>
        ))}
      </ul>
    </Panel>
  );
}
