import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useMemo, useRef, useState } from "react";
import { type Attempt, attemptFor } from "@/form/attempt";
import { fieldsOf } from "@/form/field";
import { SchemaFields } from "@/form/SchemaFields";
import { emptyInputs, readInputs } from "@/form/value";
import type { AllowedEvent } from "./lifecycle";
import { fieldRefusals, type Outcome } from "./outcome";
import { OutcomeNotice } from "./OutcomeNotice";
import type { SendEvent } from "./send";
import classes from "./Workflow.module.css";

type Props = { event: AllowedEvent; send: SendEvent; onApplied: (message: string) => void };

/** The form of one event, made from its data schema; a refusal keeps what was typed. */
export function EventForm({ event, send, onApplied }: Props) {
  const fields = useMemo(() => fieldsOf(event.dataSchema), [event.dataSchema]);
  const [inputs, setInputs] = useState(() => emptyInputs(fields));
  const [reason, setReason] = useState("");
  const [problems, setProblems] = useState<ReadonlyMap<string, string>>(new Map());
  const [outcome, setOutcome] = useState<Outcome>();
  const [busy, setBusy] = useState(false);
  const attempt = useRef<Attempt>(undefined);
  const asksReason = fields.some((field) => field.name === "reason");

  async function submit(submitted: FormEvent<HTMLFormElement>) {
    submitted.preventDefault();
    const { data, problems: found } = readInputs(fields, inputs);
    setProblems(new Map(found.map(({ path, message }) => [path, message])));
    if (found.length > 0) return;
    const content = { event: event.event, data, reason: reason.trim() || null };
    attempt.current = attemptFor(attempt.current, content);
    setBusy(true);
    const result = await send({ ...content, key: attempt.current.key });
    setBusy(false);
    setOutcome(result.kind === "applied" ? undefined : result);
    setProblems(fieldRefusals(result));
    if (result.kind !== "applied") return;
    attempt.current = undefined;
    setInputs(emptyInputs(fields));
    setReason("");
    onApplied(result.message);
  }

  return (
    <form className={classes["form"]} aria-label={event.label} noValidate onSubmit={(e) => void submit(e)}>
      {event.description ? <p className={classes["hint"]}>{event.description}</p> : null}
      {event.dependsOnData ? <p className={classes["hint"]}>What you enter decides whether it is accepted.</p> : null}
      <SchemaFields fields={fields} inputs={inputs} onInputs={setInputs} problems={problems} />
      {asksReason ? null : (
        <TextInput
          label="Reason"
          description="Optional, kept in the log"
          value={reason}
          onChange={(e) => setReason(e.currentTarget.value)}
        />
      )}
      <OutcomeNotice outcome={outcome} />
      <Button type="submit" loading={busy} style={{ alignSelf: "start" }}>
        {event.label}
      </Button>
    </form>
  );
}
