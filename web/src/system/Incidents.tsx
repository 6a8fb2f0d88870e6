import { Button, SegmentedControl, Textarea } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useQuery } from "urql";
import { useMay } from "@/api/permission";
import { words } from "@/format/word";
import { type IncidentRowFragment, IncidentsDocument, ResolveIncidentDocument, RetryIncidentDocument } from "@/gen/graphql";
import { usePaging } from "@/list/usePaging";
import { useRefetchWhileVisible } from "@/list/useRefetchWhileVisible";
import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";
import { fullFacts } from "@/workflow/facts";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";
import { Belongs } from "./Belongs";
import { Facts, type Particular } from "./Facts";
import { Section } from "./Section";
import classes from "./System.module.css";
import { useAct } from "./useAct";

const PAGE = 50;
const route = getRouteApi("/inside/system/incidents");

/** What is in trouble, with who looks after it and what to do; and what was, with what was done. */
export function Incidents() {
  const params = route.useSearch();
  const navigate = route.useNavigate();
  const status = params.state === "RESOLVED" ? "RESOLVED" : "OPEN";
  const variables = { filter: { status } as const, first: PAGE, after: params.after ?? null };
  const [{ data, error }, refetch] = useQuery({ query: IncidentsDocument, variables });
  const again = () => refetch({ requestPolicy: "network-only" });
  useRefetchWhileVisible(again);
  const list = data?.incidents;
  const paging = usePaging("/system/incidents", params, list?.pageInfo);
  return (
    <Section
      noun="Incidents"
      none={status === "OPEN" ? "Nothing is in trouble" : "Nothing was resolved lately"}
      rows={list?.edges.map(({ node }) => node)}
      error={error}
      again={again}
      paging={paging}
      tools={
        <SegmentedControl
          aria-label="Which incidents"
          size="sm"
          value={status}
          onChange={(value) => void navigate({ search: value === "OPEN" ? {} : { state: value }, replace: true })}
          data={[
            { value: "OPEN", label: "Open" },
            { value: "RESOLVED", label: "Resolved" },
          ]}
        />
      }
    >
      {(rows) => (
        <ul className={classes["rows"]}>
          {rows.map((row) => (
            <Row key={row.id} row={row} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function Row({ row }: { row: IncidentRowFragment }) {
  const isOpen = row.status === "OPEN";
  return (
    <li className={classes["row"]} data-tone={isOpen ? "warning" : "good"}>
      <div className={classes["head"]}>
        <Chip label={words(row.kind)} tone={isOpen ? "warning" : "good"} description={row.code} />
        <span className={classes["cause"]}>{row.cause}</span>
      </div>
      <Facts of={particulars(row)} />
      {isOpen ? <WhatToDo row={row} /> : <p className={classes["said"]}>{row.resolution}</p>}
    </li>
  );
}

function particulars(row: IncidentRowFragment): Particular[] {
  return [
    { name: "For", value: words(row.owner) },
    { name: "Where", value: <Belongs to={row.belongsTo} otherwise={row.subject} /> },
    { name: "Seen", value: row.count === 1 ? "once" : `${row.count.toLocaleString("en")} times` },
    { name: "First", value: <Moment at={row.firstSeenAt} /> },
    { name: "Last", value: <Moment at={row.lastSeenAt} /> },
    ...(row.resolvedAt ? [{ name: "Resolved", value: <Moment at={row.resolvedAt} /> }] : []),
  ];
}

function WhatToDo({ row }: { row: IncidentRowFragment }) {
  const told = fullFacts(row.details);
  const mayResolve = useMay("incident.resolve");
  const mayRetry = useMay("incident.retry");
  return (
    <>
      <p className={classes["said"]}>
        <strong>What to do:</strong> {row.retry}.
      </p>
      <div className={classes["acts"]}>
        {row.canRetry && mayRetry ? <Retry row={row} /> : null}
        {mayResolve ? <Resolve row={row} /> : null}
        <details className={classes["more"]}>
          <summary>Details</summary>
          <Facts of={[{ name: "Subject", text: row.subject }, { name: "Code", text: row.code }, ...told].map(({ name, text }) => ({ name, value: text }))} />
        </details>
      </div>
    </>
  );
}

function Retry({ row }: { row: IncidentRowFragment }) {
  const { busy, outcome, act } = useAct(RetryIncidentDocument);
  return (
    <div>
      <Button
        variant="default"
        loading={busy}
        onClick={() => void act({ id: row.id }, "Tried again. The incident closes by itself if that helps.")}
      >
        Try again now
      </Button>
      <OutcomeNotice outcome={outcome} />
    </div>
  );
}

function Resolve({ row }: { row: IncidentRowFragment }) {
  const [note, setNote] = useState("");
  const { busy, outcome, act } = useAct(ResolveIncidentDocument);
  function submit(event: FormEvent) {
    event.preventDefault();
    void act({ id: row.id, resolution: note }, "Resolved");
  }
  return (
    <details className={classes["more"]}>
      <summary>Resolve</summary>
      <form className={classes["form"]} aria-label={`Resolve: ${row.cause}`} onSubmit={submit}>
        <Textarea
          label="What was done"
          description="Kept with the incident"
          required
          autosize
          minRows={2}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <OutcomeNotice outcome={outcome} />
        <Button type="submit" loading={busy} disabled={!note.trim()}>
          Resolve
        </Button>
      </form>
    </details>
  );
}
