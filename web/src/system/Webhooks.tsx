import { useState } from "react";
import { useQuery } from "urql";
import { type WebhookRowFragment, WebhooksDocument } from "@/gen/graphql";
import { useRefetchWhileVisible } from "@/list/useRefetchWhileVisible";
import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";
import { AddWebhook } from "./AddWebhook";
import { Deliveries } from "./Deliveries";
import { Facts, type Particular } from "./Facts";
import { Section } from "./Section";
import classes from "./System.module.css";
import { WebhookActs } from "./WebhookActs";
import { WEBHOOK_SECRET } from "./webhookSecret";
import { WithSecret } from "./WithSecret";

/** Who gets domain events over HTTP, how that goes, and the ways to change it. */
export function Webhooks() {
  const [{ data, error }, refetch] = useQuery({ query: WebhooksDocument });
  const again = () => refetch({ requestPolicy: "network-only" });
  useRefetchWhileVisible(again);
  return (
    <Section
      noun="Webhooks"
      none="Nobody has subscribed"
      rows={data?.webhookSubscriptions}
      error={error}
      again={again}
      tools={
        <WithSecret
          label="Add a webhook"
          {...WEBHOOK_SECRET}
          Form={AddWebhook}
          onMade={again}
        />
      }
    >
      {(rows) => (
        <ul className={classes["rows"]}>
          {rows.map((row) => (
            <Row key={row.id} row={row} again={again} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function Row({ row, again }: { row: WebhookRowFragment; again: () => void }) {
  const { tone, label } = standing(row);
  const [shown, setShown] = useState(false);
  return (
    <li className={classes["row"]} data-tone={tone}>
      <div className={classes["head"]}>
        <Chip label={label} tone={tone} />
        <span className={classes["cause"]}>{row.url}</span>
      </div>
      <Facts of={particulars(row)} />
      <WebhookActs row={row} again={again} />
      <details className={classes["more"]} onToggle={(event) => setShown(event.currentTarget.open)}>
        <summary>Deliveries</summary>
        {shown ? <Deliveries id={row.id} url={row.url} /> : null}
      </details>
    </li>
  );
}

function standing({ pausedAt, failingSince }: WebhookRowFragment) {
  if (pausedAt) return { tone: "neutral", label: "Paused" };
  return failingSince ? { tone: "warning", label: "Failing" } : { tone: "good", label: "Active" };
}

function particulars(row: WebhookRowFragment): Particular[] {
  return [
    { name: "Events", value: <code>{row.patterns.join(", ")}</code> },
    { name: "Since", value: <Moment at={row.createdAt} /> },
    ...(row.pausedAt ? [{ name: "Paused", value: <Moment at={row.pausedAt} /> }] : []),
    ...(row.pauseReason ? [{ name: "Because", value: row.pauseReason }] : []),
    ...(row.failingSince ? [{ name: "Failing", value: <Moment at={row.failingSince} /> }] : []),
  ];
}
