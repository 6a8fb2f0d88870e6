import { NativeSelect } from "@mantine/core";
import { Panel } from "@/templates/Panel";
import type { Threshold } from "./document";
import classes from "./Editor.module.css";
import { TypedInput } from "./TypedInput";

const AGGREGATES = [
  { value: "sum", label: "Sum of amounts" },
  { value: "count", label: "Number" },
];
const KEYS = ["user", "wallet", "country"];
const WINDOWS = ["1h", "24h", "7d", "30d"];

type Props = { trigger: Threshold; labels: ReadonlyMap<string, string>; onTrigger: (trigger: Threshold) => void };

/** What a threshold adds up, for whom, within what time, and how much is too much. */
export function ThresholdFields({ trigger, labels, onTrigger }: Props) {
  const isSum = trigger.aggregate === "sum";
  const events = [...labels].filter(([name]) => name !== trigger.type && /^[A-Z_]+$/.test(name));
  return (
    <Panel title="Threshold">
      <div className={classes["form"]}>
        <NativeSelect
          label="What"
          data={AGGREGATES}
          value={trigger.aggregate}
          onChange={(event) => {
            const aggregate = event.currentTarget.value;
            onTrigger({ ...trigger, aggregate, threshold: aggregate === "sum" ? { money: "", currency: "EUR" } : 10 });
          }}
        />
        <NativeSelect label="Of" data={events.map(([value, label]) => ({ value, label }))} value={trigger.of} onChange={(event) => onTrigger({ ...trigger, of: event.currentTarget.value })} />
        <NativeSelect label="By" data={KEYS} value={trigger.key} onChange={(event) => onTrigger({ ...trigger, key: event.currentTarget.value })} />
        <NativeSelect label="Within" data={WINDOWS} value={trigger.window} onChange={(event) => onTrigger({ ...trigger, window: event.currentTarget.value })} />
        <div className={classes["value"]}>
          <span>Reaches</span>
          <TypedInput type={isSum ? "money" : "number"} currency="EUR" label="Threshold" value={trigger.threshold} onValue={(threshold) => onTrigger({ ...trigger, threshold })} />
        </div>
      </div>
    </Panel>
  );
}
