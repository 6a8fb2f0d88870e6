import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { formatMoney } from "@/format/money";
import { type PaymentRowFragment, RefundPaymentDocument } from "@/gen/graphql";
import classes from "@/system/System.module.css";
import { useAct } from "@/system/useAct";
import { fieldRefusals, isToldByFields } from "@/workflow/outcome";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";
import { isTooMuch, type PaidLine, partsOf, sumOf } from "./parts";

type Props = { row: PaymentRowFragment; lines: readonly PaidLine[]; again: () => void };

const FIELDS = [{ name: "amount" }];
const WAYS = [
  { value: "sale", label: "For the sale" },
  { value: "lines", label: "For lines" },
];

/** Gives money back: for the sale, or for lines of it, whose parts make up the amount. */
export function Refund({ row, lines, again }: Props) {
  const { currency } = row.remaining;
  const [way, setWay] = useState("sale");
  const [typed, setTyped] = useState(row.remaining.amount);
  const [byLine, setByLine] = useState<Readonly<Record<number, string>>>({});
  const [reason, setReason] = useState("");
  const { busy, outcome, setOutcome, act } = useAct(RefundPaymentDocument);
  const isOfLines = way === "lines";
  const parts = partsOf(byLine);
  const isOver = isOfLines && lines.some(({ lineNo, left }) => isTooMuch(byLine[lineNo], left));
  const amount = isOfLines ? (sumOf(parts) ?? "") : typed.trim();

  function submit(event: FormEvent) {
    event.preventDefault();
    const content = { id: row.id, amount, reason: reason.trim(), lines: isOfLines ? parts : null };
    void act(content, "Refunded").then((done) => {
      if (!done) return;
      // Until the page has caught up the form would still give the same back once more.
      setReason("");
      again();
    });
  }

  return (
    <details className={classes["more"]}>
      <summary>Refund</summary>
      <form className={classes["form"]} aria-label="Refund" noValidate onSubmit={submit}>
        {lines.length > 0 ? (
          <SegmentedControl aria-label="What it is for" data={WAYS} value={way} onChange={setWay} />
        ) : null}
        {isOfLines
          ? lines.map(({ lineNo, name, total, left }) => (
              <TextInput
                key={lineNo}
                label={`${name}, line ${lineNo}`}
                description={`Sold for ${formatMoney(total)}, ${formatMoney({ amount: left, currency })} left to refund`}
                inputMode="decimal"
                value={byLine[lineNo] ?? ""}
                error={isTooMuch(byLine[lineNo], left) ? `At most ${formatMoney({ amount: left, currency })}` : undefined}
                onChange={(event) => {
                  setByLine({ ...byLine, [lineNo]: event.currentTarget.value });
                  setOutcome(undefined);
                }}
              />
            ))
          : null}
        <TextInput
          label={`Amount in ${currency}`}
          inputMode="decimal"
          required
          readOnly={isOfLines}
          value={isOfLines ? amount : typed}
          error={fieldRefusals(outcome).get("amount")}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            setOutcome(undefined);
          }}
        />
        <TextInput label="Reason" required value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
        {outcome && isToldByFields(outcome, FIELDS) ? null : <OutcomeNotice outcome={outcome} />}
        <Button type="submit" loading={busy} disabled={!amount || !reason.trim() || isOver}>
          Refund
        </Button>
      </form>
    </details>
  );
}
