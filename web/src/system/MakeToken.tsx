import { Button, Checkbox, Group, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { MakeApiTokenDocument } from "@/gen/graphql";
import { fieldRefusals, isToldByFields } from "@/workflow/outcome";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";
import classes from "./System.module.css";
import { useAct } from "./useAct";

const FIELDS = [{ name: "name" }, { name: "scopes" }, { name: "expiresAt" }];
const SCOPES = [
  { value: "trigger", label: "Set policies off" },
  { value: "execute", label: "Do what they decided" },
  { value: "lists", label: "Change lists" },
];

/** Makes a token for a host; what is refused stays as it was typed. */
export function MakeToken({ onMade }: { onMade: (secret: string) => void }) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>([]);
  const [until, setUntil] = useState("");
  const { busy, outcome, act } = useAct(MakeApiTokenDocument);
  const problems = fieldRefusals(outcome);

  async function submit(event: FormEvent) {
    event.preventDefault();
    const expiresAt = until ? new Date(until).toISOString() : null;
    const done = await act({ name: name.trim(), scopes, expiresAt }, "Made");
    if (done) onMade(done.secret);
  }

  return (
    <form className={classes["form"]} aria-label="Make a token" noValidate onSubmit={(event) => void submit(event)}>
      <TextInput
        label="Name"
        description="Of the host that calls with it"
        required
        value={name}
        error={problems.get("name")}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Checkbox.Group label="What it is for" required value={scopes} onChange={setScopes} error={problems.get("scopes")}>
        <Group gap="lg" mt={4}>
          {SCOPES.map((one) => (
            <Checkbox key={one.value} {...one} />
          ))}
        </Group>
      </Checkbox.Group>
      <TextInput
        label="Expires"
        description="Empty: never"
        type="datetime-local"
        value={until}
        error={problems.get("expiresAt")}
        onChange={(event) => setUntil(event.currentTarget.value)}
      />
      {outcome && isToldByFields(outcome, FIELDS) ? null : <OutcomeNotice outcome={outcome} />}
      <Button type="submit" loading={busy} disabled={!name.trim() || scopes.length === 0}>
        Make it
      </Button>
    </form>
  );
}
