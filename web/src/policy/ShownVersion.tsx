import { NativeSelect } from "@mantine/core";
import { Panel } from "@/templates/Panel";
import type { KnownPolicy } from "./LifeActs";
import classes from "./Policy.module.css";
import { standingWords } from "./version";
import { VersionLink } from "./VersionLink";

type Props = { policy: KnownPolicy; shown: number; onShow: (version: number) => void };

/** Which version is shown, how it stands, and the draft that was saved since what waits for consent. */
export function ShownVersion({ policy, shown, onShow }: Props) {
  const { pending, latestVersion } = policy;
  return (
    <Panel title="Version" padded>
      <div className={classes["stack"]}>
        <NativeSelect
          aria-label="Version shown"
          value={String(shown)}
          data={policy.versions.map(({ version }) => ({ value: String(version), label: `Version ${version}, ${standingWords(policy, version)}` }))}
          onChange={(event) => onShow(Number(event.currentTarget.value))}
        />
        {pending && latestVersion > pending.version && latestVersion !== shown ? (
          <span>
            A newer draft, which nobody has asked for: <VersionLink policyId={policy.id} version={latestVersion} />
          </span>
        ) : null}
      </div>
    </Panel>
  );
}
