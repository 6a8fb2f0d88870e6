import { Button, NumberInput, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useQuery } from "urql";
import { useMay } from "@/api/permission";
import { ChangeSettingDocument, type SettingRowFragment, SettingsDocument } from "@/gen/graphql";
import { useRefetchOnFocus } from "@/list/useRefetchOnFocus";
import { Moment } from "@/ui/Moment";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";
import { Facts } from "./Facts";
import { Section } from "./Section";
import classes from "./System.module.css";
import { useAct } from "./useAct";

/** The settings that change while the house runs, each with its bounds and who changed it. */
export function Settings() {
  const [{ data, error }, refetch] = useQuery({ query: SettingsDocument });
  const again = () => refetch({ requestPolicy: "network-only" });
  useRefetchOnFocus(again);
  return (
    <Section noun="Settings" none="Nothing can be changed here" rows={data?.settings} error={error} again={again}>
      {(rows) => (
        <ul className={classes["rows"]}>
          {rows.map((row) => (
            <Row key={row.name} row={row} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function Row({ row }: { row: SettingRowFragment }) {
  const may = useMay("setting.change");
  const [last] = row.changes;
  return (
    <li className={classes["row"]} data-tone="neutral">
      <div className={classes["head"]}>
        <span className={classes["cause"]}>{row.label}</span>
      </div>
      <Facts
        of={[
          { name: "Now", value: row.value.toLocaleString("en") },
          { name: "Without a change", value: row.default.toLocaleString("en") },
          { name: "Bounds", value: `${row.low.toLocaleString("en")} to ${row.high.toLocaleString("en")}` },
          ...(last ? [{ name: `Changed by ${last.by}`, value: <Moment at={last.at} /> }] : []),
        ]}
      />
      {may ? <Change row={row} /> : null}
      {row.changes.length > 0 ? <Changes of={row} /> : null}
    </li>
  );
}

function Change({ row }: { row: SettingRowFragment }) {
  const [value, setValue] = useState<number | string>(row.value);
  const [reason, setReason] = useState("");
  const { busy, outcome, act } = useAct(ChangeSettingDocument);
  function submit(event: FormEvent) {
    event.preventDefault();
    void act({ name: row.name, value: Number(value), reason: reason.trim() || null }, "Changed").then(
      (done) => done && setReason(""),
    );
  }
  return (
    <details className={classes["more"]}>
      <summary>Change</summary>
      <form className={classes["form"]} aria-label={`Change: ${row.label}`} onSubmit={submit}>
        <NumberInput label="Value" required allowDecimal={false} min={row.low} max={row.high} value={value} onChange={setValue} />
        <TextInput
          label="Reason"
          description="Optional, kept with the change"
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <OutcomeNotice outcome={outcome} />
        <Button type="submit" loading={busy} disabled={value === "" || Number(value) === row.value}>
          Change
        </Button>
      </form>
    </details>
  );
}

function Changes({ of }: { of: SettingRowFragment }) {
  return (
    <details className={classes["more"]}>
      <summary>Earlier values</summary>
      <ul>
        {of.changes.map(({ before, after, by, reason, at }) => (
          <li key={at}>
            {before.toLocaleString("en")} to {after.toLocaleString("en")}, {by}, <Moment at={at} />
            {reason ? `: ${reason}` : null}
          </li>
        ))}
      </ul>
    </details>
  );
}
