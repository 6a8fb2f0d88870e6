import { Button, Select, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { isZero, type Money } from "@/format/money";
import { words } from "@/format/word";
import { RegisterConsumerPaymentDocument, RegisterResellerPaymentDocument } from "@/gen/graphql";
import classes from "@/system/System.module.css";
import { useAct } from "@/system/useAct";
import { fieldRefusals, isToldByFields } from "@/workflow/outcome";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";

const METHODS = ["CARD", "BANK", "CASH", "TRANSFER", "WALLET", "INVOICE", "PO"];
const PROVIDERS = ["stripe", "paystack", "standard"];
const FIELDS = ["amount", "method", "provider", "reference"].map((name) => ({ name }));

type Props = { orderId: string; channel: string; outstanding: Money; onDone: () => void };

/** Says that money is on its way; what is refused stays as it was typed. */
export function Register({ orderId, channel, outstanding, onDone }: Props) {
  const [amount, setAmount] = useState(isZero(outstanding) ? "" : outstanding.amount);
  const [method, setMethod] = useState("TRANSFER");
  const [provider, setProvider] = useState<string | null>(null);
  const [reference, setReference] = useState("");
  const consumer = useAct(RegisterConsumerPaymentDocument);
  const reseller = useAct(RegisterResellerPaymentDocument);
  const { busy, outcome, act } = channel === "RESELLER" ? reseller : consumer;
  const problems = fieldRefusals(outcome);

  async function submit(event: FormEvent) {
    event.preventDefault();
    const named = { provider, reference: reference.trim() || null };
    const input = { orderId, amount: amount.trim(), currency: outstanding.currency, method, ...named };
    if (!(await act({ input }, "Registered"))) return;
    // What is on its way is outstanding still: the same amount again would be money that nobody sends.
    setAmount("");
    setReference("");
    onDone();
  }

  return (
    <details className={classes["more"]}>
      <summary>Register a payment</summary>
      <form className={classes["form"]} aria-label="Register a payment" noValidate onSubmit={(event) => void submit(event)}>
        <TextInput
          label={`Amount in ${outstanding.currency}`}
          inputMode="decimal"
          required
          value={amount}
          error={problems.get("amount")}
          onChange={(event) => setAmount(event.currentTarget.value)}
        />
        <Select
          label="Method"
          allowDeselect={false}
          data={METHODS.map((value) => ({ value, label: value === "PO" ? "PO" : words(value) }))}
          value={method}
          error={problems.get("method")}
          onChange={(value) => setMethod(value ?? method)}
        />
        <Select
          label="Provider"
          description="Who will report the money; none if people see to it"
          clearable
          clearButtonProps={{ "aria-label": "No provider" }}
          data={PROVIDERS.map((value) => ({ value, label: words(value) }))}
          value={provider}
          error={problems.get("provider")}
          onChange={setProvider}
        />
        <TextInput
          label="Reference"
          description="What the provider or the bank calls it"
          value={reference}
          error={problems.get("reference")}
          onChange={(event) => setReference(event.currentTarget.value)}
        />
        {outcome && isToldByFields(outcome, FIELDS) ? null : <OutcomeNotice outcome={outcome} />}
        <Button type="submit" loading={busy} disabled={!amount.trim()}>
          Register
        </Button>
      </form>
    </details>
  );
}
