import { Button, NativeSelect, TextInput, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { useMay } from "@/api/permission";
import { words } from "@/format/word";
import { CreatePolicyListDocument, type PolicyListsQuery, PolicyListsDocument } from "@/gen/graphql";
import { PolicyTabs } from "@/policy/PolicyTabs";
import classes from "@/system/System.module.css";
import { useAct } from "@/system/useAct";
import type { Column } from "@/templates/column";
import { DataTable } from "@/templates/DataTable";
import { Moment } from "@/ui/Moment";
import { Empty, Failure } from "@/ui/Said";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";

type Row = PolicyListsQuery["policyLists"][number];

/** The lists that policies read. */
export function PolicyLists() {
  const [{ data, error }, refetch] = useQuery({ query: PolicyListsDocument });
  const again = () => refetch({ requestPolicy: "network-only" });
  const may = useMay("list.write");
  const rows = data?.policyLists;
  return (
    <div className={classes["page"]}>
      <title>Lists · Orderwright</title>
      <Title order={1} size="h3">
        Lists <span className={classes["count"]}>{rows?.length ?? ""}</span>
      </Title>
      <PolicyTabs />
      {may ? <NewList onDone={again} /> : null}
      {error && !rows ? (
        <Failure title="The lists could not be loaded" again={again}>
          {errorText(error)}
        </Failure>
      ) : null}
      {rows?.length === 0 ? <Empty title="No lists yet" /> : null}
      {rows && rows.length > 0 ? <DataTable label="Lists" columns={COLUMNS} rows={rows} keyOf={(row) => row.name} /> : null}
    </div>
  );
}

function NewList({ onDone }: { onDone: () => void }) {
  const [name, setName] = useState("");
  const [kind, setKind] = useState("TEXT");
  const [description, setDescription] = useState("");
  const { busy, outcome, act } = useAct(CreatePolicyListDocument);
  async function submit(event: FormEvent) {
    event.preventDefault();
    const done = await act({ name: name.trim(), kind: kind === "NUMBER" ? "NUMBER" : "TEXT", description: description.trim() }, "Begun");
    if (!done) return;
    setName("");
    setDescription("");
    onDone();
  }
  return (
    <details className={classes["more"]} style={{ marginBottom: 12 }}>
      <summary>New list</summary>
      <form className={classes["form"]} aria-label="New list" onSubmit={(event) => void submit(event)}>
        <TextInput label="Name" description="As policies call it, such as sanctioned-countries" required value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <NativeSelect label="Entries are" data={[{ value: "TEXT", label: "Texts" }, { value: "NUMBER", label: "Numbers" }]} value={kind} onChange={(event) => setKind(event.currentTarget.value)} />
        <TextInput label="Description" value={description} onChange={(event) => setDescription(event.currentTarget.value)} />
        <OutcomeNotice outcome={outcome} />
        <Button type="submit" loading={busy} disabled={!name.trim()}>
          Begin
        </Button>
      </form>
    </details>
  );
}

const COLUMNS: readonly Column<Row>[] = [
  {
    key: "name",
    heading: "List",
    card: "head",
    cell: (row) => (
      <Link to="/lists/$name" params={{ name: row.name }}>
        {row.name}
      </Link>
    ),
  },
  { key: "size", heading: "Entries", align: "right", cell: (row) => row.size.toLocaleString("en") },
  { key: "kind", heading: "Of", cell: (row) => words(row.kind) },
  { key: "description", heading: "Description", cell: (row) => row.description },
  { key: "by", heading: "Begun by", cell: (row) => row.createdBy.name },
  { key: "at", heading: "Begun", cell: (row) => <Moment at={row.createdAt} /> },
];
