import { Panel } from "@/templates/Panel";
import { blockedGroups, type Lifecycle } from "./lifecycle";
import { Reasons } from "./Reasons";
import classes from "./Workflow.module.css";

/** What cannot be done now, and why, at first sight: events with the same reasons share them. */
export function Blocked({ lifecycle }: { lifecycle: Lifecycle }) {
  const groups = blockedGroups(lifecycle.workflow.blockedEvents);
  if (groups.length === 0) return null;
  return (
    <Panel title="Not possible now" label={`Not possible now: ${lifecycle.title}`}>
      {groups.map(({ events, reasons }) => (
        <div key={events.map(({ event }) => event).join(" ")} className={classes["blocked"]}>
          <ul className={classes["names"]}>
            {events.map(({ event, label, description }) => (
              <li key={event} title={description}>
                {label}
              </li>
            ))}
          </ul>
          <Reasons reasons={reasons} />
        </div>
      ))}
    </Panel>
  );
}
