import { NativeSelect } from "@mantine/core";
import { useState } from "react";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { PolicyDifferencesDocument } from "@/gen/graphql";
import { Panel } from "@/templates/Panel";
import classes from "./Policy.module.css";

type Props = { policyId: string; after: number; versions: readonly number[] };

/** What a version means otherwise than another one. */
export function Differences({ policyId, after, versions }: Props) {
  const [before, setBefore] = useState(after - 1);
  const [{ data, error }] = useQuery({ query: PolicyDifferencesDocument, variables: { id: policyId, before, after }, requestPolicy: "cache-first" });
  const found = data?.policy?.differences;
  return (
    <Panel title={`Changes in version ${after}`}>
      <div style={{ padding: "12px 14px" }} className={classes["stack"]}>
        <NativeSelect
          size="xs"
          w={200}
          label="Compared with"
          value={String(before)}
          data={versions.filter((one) => one !== after).map((one) => ({ value: String(one), label: `Version ${one}` }))}
          onChange={(event) => setBefore(Number(event.currentTarget.value))}
        />
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
      </div>
    </Panel>
  );
}
