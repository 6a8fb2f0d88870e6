import { NativeSelect } from "@mantine/core";
import { useState } from "react";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { PolicyDifferencesDocument } from "@/gen/graphql";
import { Panel } from "@/templates/Panel";
import classes from "./Policy.module.css";
import { baseOf, standingWords } from "./version";

type Known = { id: string; latestVersion: number; workflowState: string; inForce?: { version: number } | null; pending?: { version: number } | null };
type Props = { policy: Known; after: number };

/** What a version means otherwise than what is in force, or than another version. */
export function Differences({ policy, after }: Props) {
  const [before, setBefore] = useState(baseOf(after, policy.inForce?.version));
  const versions = Array.from({ length: policy.latestVersion }, (_, n) => policy.latestVersion - n);
  return (
    <Panel title={`Changes in version ${after}`}>
      <div style={{ padding: "12px 14px" }} className={classes["stack"]}>
        <NativeSelect
          size="xs"
          w={260}
          label="Compared with"
          value={before === undefined ? "" : String(before)}
          data={[
            ...(policy.inForce ? [] : [{ value: "", label: "What is in force: nothing" }]),
            ...versions.filter((one) => one !== after).map((one) => ({ value: String(one), label: `Version ${one}, ${standingWords(policy, one)}` })),
          ]}
          onChange={(event) => setBefore(event.currentTarget.value === "" ? undefined : Number(event.currentTarget.value))}
        />
        {before === undefined ? (
          <span>{policy.workflowState === "PAUSED" ? "Nothing is in force, the policy is paused: all of it is new to what decides." : "Nothing is in force yet: all of it is new."}</span>
        ) : (
          <Found policyId={policy.id} before={before} after={after} />
        )}
      </div>
    </Panel>
  );
}

function Found({ policyId, before, after }: { policyId: string; before: number; after: number }) {
  const [{ data, error }] = useQuery({ query: PolicyDifferencesDocument, variables: { id: policyId, before, after }, requestPolicy: "cache-first" });
  const found = data?.policy?.differences;
  return (
    <>
      {error ? <span role="alert">{errorText(error)}</span> : null}
      {found?.length === 0 ? <span>They mean the same.</span> : null}
      <ul className={classes["diff"]}>
        {(found ?? []).map((one) => (
          <li key={one.path}>
            <div className={classes["dim"]}>{one.path}</div>
            {one.before === null ? null : <del className={classes["removed"]}>{JSON.stringify(one.before)}</del>}
            {one.after === null ? null : <ins className={classes["added"]}>{JSON.stringify(one.after)}</ins>}
          </li>
        ))}
      </ul>
    </>
  );
}
