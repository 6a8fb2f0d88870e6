import { Link } from "@tanstack/react-router";
import { useMay } from "@/api/permission";
import type { StandingFragment } from "@/gen/graphql";
import classes from "@/policy/Policy.module.css";
import { PolicyLink } from "@/policy/PolicyLink";
import { Panel } from "@/templates/Panel";
import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";

export type Held = Pick<StandingFragment, "isDecided" | "holds" | "frozen">;
const KINDS: Readonly<Record<string, string>> = { action: "Held back", approval: "Waits for approval", escalation: "Waits for compliance" };
type Props = { of: Held; entity: string; id: string };

/** What policies hold something back with, each with the policy that says so, and the way to its evaluation. */
export function Holds({ of: { isDecided, holds, frozen }, entity, id }: Props) {
  return (
    <Panel title="Policies">
      <ul className={classes["rows"]}>
        {isDecided ? null : <li>The policies have not decided yet.</li>}
        {frozen ? (
          <li>
            <div className={classes["line"]}>
              <Chip label="Frozen" tone="bad" />
              <Moment at={frozen.since} />
            </div>
            {frozen.reason}
            <By stop={frozen} />
            {frozen.until ? (
              <div>
                Until <Moment at={frozen.until} />
              </div>
            ) : null}
          </li>
        ) : null}
        {holds.map((hold) => (
          <li key={hold.id}>
            <div className={classes["line"]}>
              <Chip label={KINDS[hold.kind] ?? "Held back"} tone="warning" />
              <Moment at={hold.since} />
            </div>
            {hold.reason}
            <By stop={hold} />
          </li>
        ))}
        {isDecided && !frozen && holds.length === 0 ? <li>Nothing is held back.</li> : null}
        <li>
          <Link to="/executions" search={{ entity, id }}>
            Every decision on it
          </Link>
        </li>
        {useMay("document.read") === true ? (
          <li>
            <Link to="/document-requests" search={{ entity, id }}>
              Documents asked for
            </Link>
          </li>
        ) : null}
      </ul>
    </Panel>
  );
}

type Stop = { policy: string | null; policyName: string | null; version: number | null };

function By({ stop: { policy, policyName, version } }: { stop: Stop }) {
  if (!policy) return null;
  return (
    <div>
      <PolicyLink of={{ policy, policyName, version }} />
    </div>
  );
}
