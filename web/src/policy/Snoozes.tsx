import { useMay } from "@/api/permission";
import { Panel } from "@/templates/Panel";
import { Moment } from "@/ui/Moment";
import { EndSnooze } from "./EndSnooze";
import { EntityLink } from "./EntityLink";
import type { KnownPolicy } from "./LifeActs";
import classes from "./Policy.module.css";

/** On what a policy has no say for a while; nothing where it has a say everywhere. */
export function Snoozes({ policy, again }: { policy: KnownPolicy; again: () => void }) {
  const may = useMay("policy.snooze") === true;
  const active = policy.snoozes.filter(({ isActive }) => isActive);
  if (active.length === 0) return null;
  return (
    <Panel title="No say on">
      <ul className={classes["rows"]}>
        {active.map((one) => (
          <li key={`${one.entityType} ${one.entityId} ${one.at}`}>
            <EntityLink type={one.entityType} id={one.entityId} /> until <Moment at={one.until} /> · {one.by.name}: “{one.reason}”
            {may ? <EndSnooze id={policy.id} type={one.entityType} entityId={one.entityId} onDone={again} /> : null}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
