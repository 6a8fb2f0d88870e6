import { Button, NativeSelect, NumberInput, TextInput } from "@mantine/core";
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
          { name: "Now", value: shown(row, row.value) },
          { name: "Without a change", value: shown(row, row.default) },
          ...bounds(row),
          ...(last ? [{ name: `Changed by ${last.by}`, value: <Moment at={last.at} /> }] : []),
        ]}
      />
      {may ? <Change row={row} /> : null}
      {row.changes.length > 0 ? <Changes of={row} /> : null}
    </li>
  );
}

/** A value as people read it: a choice by its label. */
function shown({ choices }: SettingRowFragment, value: number | string): string {
  return choices.find((one) => one.value === value)?.label ?? value.toLocaleString("en");
}

function bounds({ low, high }: SettingRowFragment) {
  if (low == null || high == null) return [];
  return [{ name: "Bounds", value: `${low.toLocaleString("en")} to ${high.toLocaleString("en")}` }];
}

function Change({ row }: { row: SettingRowFragment }) {
  const [value, setValue] = useState<number | string>(row.value);
  const [reason, setReason] = useState("");
  const { busy, outcome, act } = useAct(ChangeSettingDocument);
  const given = row.kind === "NUMBER" ? Number(value) : value;
  function submit(event: FormEvent) {
    event.preventDefault();
    void act({ name: row.name, value: given, reason: reason.trim() || null }, "Changed").then(
      (done) => done && setReason(""),
    );
  }
  return (
    <details className={classes["more"]}>
      <summary>Change</summary>
      <form className={classes["form"]} aria-label={`Change: ${row.label}`} onSubmit={submit}>
        <Value row={row} value={value} onChange={setValue} />
        <TextInput
          label="Reason"
          description="Optional, kept with the change"
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <OutcomeNotice outcome={outcome} />
        <Button type="submit" loading={busy} disabled={value === "" || given === row.value}>
          Change
        </Button>
      </form>
    </details>
  );
}

interface ValueProps {
  row: SettingRowFragment;
  value: number | string;
  onChange: (value: number | string) => void;
}

/** The field for a value of the setting's kind. */
function Value({ row, value, onChange }: ValueProps) {
  if (row.kind === "CHOICE") {
    const data = row.choices.map((one) => ({ value: String(one.value), label: one.label }));
    return (
      <NativeSelect label="Value" data={data} value={value} onChange={(event) => onChange(event.currentTarget.value)} />
    );
  }
  if (row.kind === "CRON") {
    return <TextInput label="Value" required value={value} onChange={(event) => onChange(event.currentTarget.value)} />;
  }
  return (
    <NumberInput
      label="Value"
      required
      allowDecimal={false}
      min={row.low ?? undefined}
      max={row.high ?? undefined}
      value={value}
      onChange={onChange}
    />
  );
}

function Changes({ of }: { of: SettingRowFragment }) {
  return (
    <details className={classes["more"]}>
      <summary>Earlier values</summary>
      <ul>
        {of.changes.map(({ before, after, by, reason, at }) => (
          <li key={at}>
            {shown(of, before)} to {shown(of, after)}, {by}, <Moment at={at} />
            {reason ? `: ${reason}` : null}
          </li>
        ))}
      </ul>
    </details>
  );
}
