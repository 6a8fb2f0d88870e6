import { Button, Select, TextInput } from "@mantine/core";
import { type ReactNode, useRef, useState } from "react";
import { type Attempt, attemptFor } from "@/form/attempt";
import { useFirstProblem } from "@/form/useFirstProblem";
import { formatMoney } from "@/format/money";
import { FormPage } from "@/templates/FormPage";
import type { Outcome } from "@/workflow/outcome";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";
import { CustomerPicker } from "./CustomerPicker";
import { type Draft, emptyDraft, previewTotal, problemsOf, withProduct } from "./draft";
import { LineRows } from "./LineRows";
import classes from "./TradeForm.module.css";

type Props = {
  title: string;
  submitLabel: string;
  /** Asks the server; only what was not done comes back. */
  create: (draft: Draft, key: string) => Promise<Outcome | undefined>;
  extra?: (draft: Draft, change: (part: Partial<Draft>) => void) => ReactNode;
};

/** The form of an order or a quotation: customer, lines, prices, shipping. */
export function TradeForm({ title, submitLabel, create, extra }: Props) {
  const [draft, setDraft] = useState(emptyDraft);
  const [found, setFound] = useState<ReadonlyMap<string, string>>(new Map());
  const [outcome, setOutcome] = useState<Outcome>();
  const [busy, setBusy] = useState(false);
  const fields = useFirstProblem<HTMLDivElement>(found);
  const attempt = useRef<Attempt>(undefined);
  const change = (part: Partial<Draft>) => setDraft((now) => ({ ...now, ...part }));
  const total = previewTotal(draft);
  const left = problemsOf(draft);
  const problems = new Map([...found].filter(([field]) => left.has(field)));

  async function submit() {
    setFound(left);
    if (left.size > 0) return;
    attempt.current = attemptFor(attempt.current, draft);
    setBusy(true);
    setOutcome(await create(draft, attempt.current.key));
    setBusy(false);
  }

  return (
    <FormPage title={title} onSubmit={() => void submit()}>
      <div ref={fields} className={classes["fields"]}>
      <div className={classes["head"]}>
        <CustomerPicker value={draft.customerId} onChange={(customerId) => change({ customerId })} error={problems.get("customer")} />
        <Select
          label="Channel"
          data={CHANNELS}
          value={draft.channel}
          allowDeselect={false}
          onChange={(value) => change({ channel: value === "RESELLER" ? value : "CONSUMER" })}
        />
        <TextInput
          label="Currency"
          required
          value={draft.currency}
          error={problems.get("currency")}
          onChange={(event) => change({ currency: event.currentTarget.value.toUpperCase() })}
        />
        <TextInput
          label="Shipping"
          inputMode="decimal"
          value={draft.shipping}
          error={problems.get("shipping")}
          onChange={(event) => change({ shipping: event.currentTarget.value })}
        />
        {extra?.(draft, change)}
      </div>
      <LineRows
        lines={draft.lines}
        problems={problems}
        onLines={(lines) => change({ lines })}
        onProduct={(line, product) => setDraft((now) => withProduct(now, line.key, product))}
      />
      </div>
      <OutcomeNotice outcome={outcome} />
      <div className={classes["foot"]}>
        <span aria-live="polite">
          Total{" "}
          <strong>{total === undefined ? "\u2013" : formatMoney({ amount: total, currency: draft.currency })}</strong>
        </span>
        <Button type="submit" loading={busy}>
          {submitLabel}
        </Button>
      </div>
    </FormPage>
  );
}

const CHANNELS = [
  { value: "CONSUMER", label: "Consumer" },
  { value: "RESELLER", label: "Reseller" },
];
