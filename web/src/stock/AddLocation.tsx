import { Button, NumberInput, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { AddLocationDocument } from "@/gen/graphql";
import classes from "@/system/System.module.css";
import { useAct } from "@/system/useAct";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";

/** Adds a location; without a rank it is the last in the order of allocation. */
export function AddLocation({ onAdded }: { onAdded: () => void }) {
  const [id, setId] = useState("");
  const [name, setName] = useState("");
  const [rank, setRank] = useState<string | number>("");
  const { busy, outcome, act } = useAct(AddLocationDocument);

  async function submit(event: FormEvent) {
    event.preventDefault();
    const content = { id: id.trim(), name: name.trim(), rank: rank === "" ? null : Number(rank) };
    if (!(await act(content, `${content.name} is added`))) return;
    setId("");
    setName("");
    setRank("");
    onAdded();
  }

  return (
    <details className={classes["more"]} style={{ marginBottom: 12 }}>
      <summary>Add a location</summary>
      <form className={classes["form"]} aria-label="Add a location" noValidate onSubmit={(event) => void submit(event)}>
        <TextInput
          label="Id"
          description="Small letters, digits, - and _; it stays, and programs name the location by it"
          required
          value={id}
          onChange={(event) => setId(event.currentTarget.value)}
        />
        <TextInput label="Name" required value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <NumberInput
          label="Rank"
          description="Lower ranks are allocated first; left empty, it is the last"
          allowDecimal={false}
          value={rank}
          onChange={setRank}
        />
        <OutcomeNotice outcome={outcome} />
        <Button type="submit" loading={busy} disabled={!id.trim() || !name.trim()}>
          Add
        </Button>
      </form>
    </details>
  );
}
