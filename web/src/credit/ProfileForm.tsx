import { Button, Select, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { words } from "@/format/word";
import { type CreditRowFragment, type CreditTier, SetCreditProfileDocument } from "@/gen/graphql";
import { useAct } from "@/system/useAct";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";
import classes from "./Credit.module.css";

const TIERS: readonly CreditTier[] = ["BRONZE", "SILVER", "GOLD", "PLATINUM"];

/** Sets tier and custom limit of a customer in one currency. */
export function ProfileForm({ customerId, credit }: { customerId: string; credit: CreditRowFragment }) {
  const [tier, setTier] = useState<CreditTier>(credit.tier);
  const [limit, setLimit] = useState(credit.customLimit?.amount ?? "");
  const [reason, setReason] = useState("");
  const { busy, outcome, act } = useAct(SetCreditProfileDocument);

  function submit(event: FormEvent) {
    event.preventDefault();
    const content = { id: customerId, currency: credit.currency, tier, limit: limit.trim() || null };
    void act({ ...content, reason: reason.trim() || null }, "The profile is set");
  }

  return (
    <form className={classes["form"]} aria-label="Credit profile" noValidate onSubmit={submit}>
      <Select
        label="Tier"
        data={TIERS.map((value) => ({ value, label: words(value) }))}
        value={tier}
        allowDeselect={false}
        onChange={(value) => setTier(TIERS.find((one) => one === value) ?? tier)}
      />
      <TextInput
        label={`Custom limit in ${credit.currency}`}
        description="Leave it empty to let tier and completed sales decide"
        inputMode="decimal"
        value={limit}
        onChange={(event) => setLimit(event.currentTarget.value)}
      />
      <TextInput
        label="Reason"
        description="Optional, kept in the log"
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <OutcomeNotice outcome={outcome} />
      <Button type="submit" loading={busy}>
        Set profile
      </Button>
    </form>
  );
}
