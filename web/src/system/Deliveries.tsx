import { Button } from "@mantine/core";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { words } from "@/format/word";
import { DeliveriesDocument, type DeliveriesQuery, RedeliverDocument } from "@/gen/graphql";
import { useRefetchWhileVisible } from "@/list/useRefetchWhileVisible";
import type { Column } from "@/templates/column";
import { DataTable } from "@/templates/DataTable";
import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";
import classes from "./System.module.css";
import { useAct } from "./useAct";

const SHOWN = 20;

type Row = DeliveriesQuery["webhookDeliveries"]["edges"][number]["node"];

/** The latest deliveries of a subscription, with what came of each attempt. */
export function Deliveries({ id, url }: { id: string; url: string }) {
  const [{ data, error }, refetch] = useQuery({ query: DeliveriesDocument, variables: { id, first: SHOWN } });
  const again = () => refetch({ requestPolicy: "network-only" });
  useRefetchWhileVisible(again);
  const redeliver = useAct(RedeliverDocument);
  if (error && !data) return <p className={classes["said"]}>{errorText(error)}</p>;
  if (!data) return <p className={classes["said"]}>Loading</p>;
  const rows = data.webhookDeliveries.edges.map(({ node }) => node);
  if (rows.length === 0) return <p className={classes["said"]}>Nothing was sent yet.</p>;
  return (
    <>
      <DataTable label={`Deliveries to ${url}`} columns={COLUMNS} rows={rows} keyOf={(row) => row.messageId} />
      {rows.some(({ status }) => status === "DEAD") ? (
        <Button
          mt={8}
          variant="default"
          loading={redeliver.busy}
          onClick={() => void redeliver.act({ id }, "They are sent again").then(again)}
        >
          Send dead ones again
        </Button>
      ) : null}
      <OutcomeNotice outcome={redeliver.outcome} />
    </>
  );
}

const TONES = { WAITING: "waiting", DELIVERED: "good", DEAD: "bad" } as const;

const COLUMNS: readonly Column<Row>[] = [
  { key: "name", heading: "Event", card: "head", cell: (row) => <span title={row.eventId}>{row.name}</span> },
  {
    key: "status",
    heading: "State",
    card: "head",
    cell: (row) => <Chip label={words(row.status)} tone={TONES[row.status]} />,
  },
  { key: "created", heading: "Recorded", cell: (row) => <Moment at={row.createdAt} /> },
  {
    key: "next",
    heading: "Delivered or due",
    cell: (row) => {
      const at = row.deliveredAt ?? row.nextAttemptAt;
      return at ? <Moment at={at} /> : "\u2013";
    },
  },
  {
    key: "attempts",
    heading: "Attempts",
    cell: (row) => (row.attempts.length === 0 ? "None yet" : `${row.attempts.length}: ${last(row)}`),
  },
];

function last({ attempts }: Row): string {
  const latest = attempts.at(-1);
  if (!latest) return "";
  const answer = latest.responseStatus ? `HTTP ${latest.responseStatus}` : (latest.error ?? "no answer");
  return `${answer} in ${latest.milliseconds} ms`;
}
