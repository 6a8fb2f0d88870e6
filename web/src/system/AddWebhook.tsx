import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { CreateWebhookDocument } from "@/gen/graphql";
import { fieldRefusals, isToldByFields } from "@/workflow/outcome";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";
import classes from "./System.module.css";
import { useAct } from "./useAct";

const FIELDS = [{ name: "url" }, { name: "patterns" }];

/** Subscribes an endpoint; what is refused stays as it was typed. */
export function AddWebhook({ onMade }: { onMade: (secret: string) => void }) {
  const [url, setUrl] = useState("");
  const [patterns, setPatterns] = useState("*");
  const { busy, outcome, setOutcome, act } = useAct(CreateWebhookDocument);
  const problems = fieldRefusals(outcome);

  async function submit(event: FormEvent) {
    event.preventDefault();
    const names = patterns.split(/[\s,]+/).filter(Boolean);
    const done = await act({ url: url.trim(), patterns: names }, "Subscribed");
    if (done) onMade(done.secret);
  }

  return (
    <form className={classes["form"]} aria-label="Add a webhook" noValidate onSubmit={(event) => void submit(event)}>
      <TextInput
        label="Endpoint"
        description="HTTPS, at a public address"
        placeholder="https://shop.example/hooks"
        required
        value={url}
        error={problems.get("url")}
        onChange={(event) => {
          setUrl(event.currentTarget.value);
          setOutcome(undefined);
        }}
      />
      <TextInput
        label="Events"
        description="Names of events, such as sale.cleared; sale.* for all that begin so; * for all"
        required
        value={patterns}
        error={problems.get("patterns")}
        onChange={(event) => {
          setPatterns(event.currentTarget.value);
          setOutcome(undefined);
        }}
      />
      {outcome && isToldByFields(outcome, FIELDS) ? null : <OutcomeNotice outcome={outcome} />}
      <Button type="submit" loading={busy} disabled={!url.trim()}>
        Subscribe
      </Button>
    </form>
  );
}
