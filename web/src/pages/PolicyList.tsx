import { Button, Checkbox, Textarea, TextInput, Title } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { useMay } from "@/api/permission";
import { AddPolicyListEntriesDocument, PolicyListDocument, type PolicyListQuery, RemovePolicyListEntriesDocument } from "@/gen/graphql";
import { PolicyTabs } from "@/policy/PolicyTabs";
import classes from "@/system/System.module.css";
import { useAct } from "@/system/useAct";
import type { Column } from "@/templates/column";
import { DataTable } from "@/templates/DataTable";
import { Paging } from "@/templates/Paging";
import { Moment } from "@/ui/Moment";
import { Empty, Failure } from "@/ui/Said";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";

const PAGE = 100;
const route = getRouteApi("/inside/lists/$name");

type Entry = NonNullable<PolicyListQuery["policyList"]>["entries"]["edges"][number]["node"];

/** One list with its entries: who has added each, until when, and who has taken it away. */
export function PolicyList() {
  const { name } = route.useParams();
  const { after, removed } = route.useSearch();
  const navigate = route.useNavigate();
  const may = useMay("list.write");
  const variables = { name, removed: removed === "1", first: PAGE, after: after ?? null };
  const [{ data, fetching, error }, refetch] = useQuery({ query: PolicyListDocument, variables });
  const again = () => refetch({ requestPolicy: "network-only" });
  if (error && !data)
    return (
      <Failure page title="The list could not be loaded" again={again}>
        {errorText(error)}
      </Failure>
    );
  if (!data && fetching) return <p role="status">Loading the list</p>;
  const list = data?.policyList;
  if (!list)
    return (
      <Empty page title="There is no such list">
        <Link to="/lists">Go to the lists</Link>
      </Empty>
    );
  const rows = list.entries.edges.map(({ node }) => node);
  const kept = removed ? { removed } : {};
  const end = list.entries.pageInfo.hasNextPage ? list.entries.pageInfo.endCursor : undefined;
  return (
    <div className={classes["page"]}>
      <title>{`${name} · Orderwright`}</title>
      <Title order={1} size="h3">
        {name} <span className={classes["count"]}>{list.size.toLocaleString("en")}</span>
      </Title>
      <p style={{ margin: "4px 0 0" }}>{list.description}</p>
      <PolicyTabs />
      {may ? <AddEntries name={name} onDone={again} /> : null}
      <Checkbox
        mb={12}
        label="Show what was taken away"
        checked={removed === "1"}
        onChange={(event) => void navigate({ search: event.currentTarget.checked ? { removed: "1" } : {}, replace: true })}
      />
      {rows.length === 0 ? (
        <Empty title="No entries" />
      ) : (
        <>
          <DataTable label="Entries" columns={columnsOf(may === true, name, again)} rows={rows} keyOf={(row) => `${row.value} ${row.addedAt}`} fetching={fetching} />
          <Paging
            onPrevious={after ? () => void navigate({ search: kept }) : undefined}
            onNext={end ? () => void navigate({ search: { ...kept, after: end } }) : undefined}
          />
        </>
      )}
    </div>
  );
}

/** Adds one entry or thousands, a line each. */
function AddEntries({ name, onDone }: { name: string; onDone: () => void }) {
  const [lines, setLines] = useState("");
  const [note, setNote] = useState("");
  const [until, setUntil] = useState("");
  const { busy, outcome, setOutcome, act } = useAct(AddPolicyListEntriesDocument);
  const values = [...new Set(lines.split("\n").map((line) => line.trim()).filter(Boolean))];
  async function submit(event: FormEvent) {
    event.preventDefault();
    const expiresAt = until ? new Date(until).toISOString() : null;
    const done = await act({ name, values, note: note.trim() || null, expiresAt }, "Added");
    if (!done) return;
    setOutcome({ kind: "applied", message: `${done.count.toLocaleString("en")} added, ${(values.length - done.count).toLocaleString("en")} were there` });
    setLines("");
    onDone();
  }
  return (
    <details className={classes["more"]} style={{ marginBottom: 12 }}>
      <summary>Add entries</summary>
      <form className={classes["form"]} aria-label="Add entries" onSubmit={(event) => void submit(event)}>
        <Textarea label="Entries" description="One a line; paste as many as you like" required autosize minRows={3} maxRows={14} value={lines} onChange={(event) => setLines(event.currentTarget.value)} />
        <TextInput label="Expire" description="Empty: never" type="datetime-local" value={until} onChange={(event) => setUntil(event.currentTarget.value)} />
        <TextInput label="Note" value={note} onChange={(event) => setNote(event.currentTarget.value)} />
        <OutcomeNotice outcome={outcome} />
        <Button type="submit" loading={busy} disabled={values.length === 0}>
          Add {values.length > 0 ? values.length.toLocaleString("en") : ""}
        </Button>
      </form>
    </details>
  );
}

function Remove({ name, value, onDone }: { name: string; value: string; onDone: () => void }) {
  const { busy, outcome, act } = useAct(RemovePolicyListEntriesDocument);
  return (
    <>
      <Button
        size="compact-xs"
        variant="default"
        loading={busy}
        aria-label={`Take away ${value}`}
        onClick={() => void act({ name, values: [value] }, "Taken away").then((done) => done && onDone())}
      >
        Take away
      </Button>
      {outcome?.kind === "applied" ? null : <OutcomeNotice outcome={outcome} />}
    </>
  );
}

function columnsOf(may: boolean, name: string, onDone: () => void): readonly Column<Entry>[] {
  return [
    { key: "value", heading: "Entry", card: "head", cell: (row) => (row.removedAt ? <s>{row.value}</s> : row.value) },
    { key: "by", heading: "Added by", cell: (row) => row.addedBy.name },
    { key: "at", heading: "Added", cell: (row) => <Moment at={row.addedAt} /> },
    { key: "expires", heading: "Expires", cell: (row) => (row.expiresAt ? <Moment at={row.expiresAt} /> : "Never") },
    { key: "note", heading: "Note", cell: (row) => row.note ?? "" },
    {
      key: "removed",
      heading: "Taken away",
      cell: (row) =>
        row.removedAt ? (
          <>
            <Moment at={row.removedAt} /> {row.removedBy ? `by ${row.removedBy.name}` : ""}
          </>
        ) : may ? (
          <Remove name={name} value={row.value} onDone={onDone} />
        ) : (
          ""
        ),
    },
  ];
}
