import { Panel } from "@/templates/Panel";
import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";
import type { KnownPolicy } from "./LifeActs";
import classes from "./Policy.module.css";

type Props = { policy: KnownPolicy; shown: number; onShow: (version: number) => void };

/** Every version with who saved it, and which one is in force. */
export function Versions({ policy, shown, onShow }: Props) {
  return (
    <Panel title="Versions">
      <ul className={classes["rows"]}>
        {policy.versions.map((one) => (
          <li key={one.version} className={classes["line"]}>
            <button type="button" className={classes["pick"]} aria-current={one.version === shown || undefined} onClick={() => onShow(one.version)}>
              Version {one.version}
            </button>
            {one.version === policy.inForce?.version ? <Chip label="In force" tone="good" /> : null}
            {one.version === policy.pending?.version ? <Chip label="Asked for" tone="waiting" /> : null}
            <span>{one.savedBy.name}</span>
            <Moment at={one.savedAt} />
            {one.note ? <span>“{one.note}”</span> : null}
            <code className={classes["dim"]} title={`Fingerprint ${one.fingerprint}`}>
              {one.fingerprint.slice(0, 8)}
            </code>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
