import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useMemo, useRef, useState } from "react";
import { type Attempt, attemptFor } from "@/form/attempt";
import { type Field, fieldsOf } from "@/form/field";
import { SchemaFields } from "@/form/SchemaFields";
import { useFirstProblem } from "@/form/useFirstProblem";
import { emptyInputs, type Inputs, readInputs } from "@/form/value";
import type { AllowedEvent } from "./lifecycle";
import { fieldRefusals, type Outcome } from "./outcome";
import { OutcomeNotice } from "./OutcomeNotice";
import type { SendEvent } from "./send";
import classes from "./Workflow.module.css";

type Props = {
  event: AllowedEvent;
  /** Values to start with, by the name of the field. */
  known: Inputs;
  currency: string | undefined;
  send: SendEvent;
  onApplied: (message: string) => void;
};

/** The form of one event, made from its data schema; a refusal keeps what was typed. */
export function EventForm({ event, known, currency, send, onApplied }: Props) {
  const fields = useMemo(() => fieldsOf(event.dataSchema, currency), [event.dataSchema, currency]);
  const [inputs, setInputs] = useState(() => startOf(fields, known));
  const [reason, setReason] = useState("");
  const [problems, setProblems] = useState<ReadonlyMap<string, string>>(new Map());
  const [outcome, setOutcome] = useState<Outcome>();
  const [busy, setBusy] = useState(false);
  const form = useFirstProblem<HTMLFormElement>(problems);
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
    setInputs(startOf(fields, known));
    setReason("");
    onApplied(result.message);
  }

  return (
    <form ref={form} className={classes["form"]} aria-label={event.label} noValidate onSubmit={(e) => void submit(e)}>
      {event.description ? <p className={classes["hint"]}>{event.description}</p> : null}
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

/** Tells forms apart that start with different values: what was true before must not be sent as true now. */
export function formName({ event, dataSchema }: AllowedEvent, known: Inputs): string {
  const asked = fieldsOf(dataSchema).map(({ name }) => known[name] ?? null);
  return `${event} ${JSON.stringify(asked)}`;
}

function startOf(fields: readonly Field[], known: Inputs): Inputs {
  const asked = fields.flatMap(({ name }) => (known[name] === undefined ? [] : [[name, known[name]] as const]));
  return { ...emptyInputs(fields), ...Object.fromEntries(asked) };
}
