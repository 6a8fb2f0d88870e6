import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useMemo, useRef, useState } from "react";
import { type Attempt, attemptFor } from "@/form/attempt";
import { type Added, addedTo, type Choices, type Field, fieldsOf, withChoices } from "@/form/field";
import { SchemaFields } from "@/form/SchemaFields";
import { useFirstProblem } from "@/form/useFirstProblem";
import { emptyInputs, type Inputs, readInputs } from "@/form/value";
import type { AllowedEvent } from "./lifecycle";
import { fieldRefusals, isToldByFields, type Outcome } from "./outcome";
import { OutcomeNotice } from "./OutcomeNotice";
import type { SendEvent } from "./send";
import classes from "./Workflow.module.css";

type Props = {
  event: AllowedEvent;
  /** Values to start with, by the name of the field. */
  known: Inputs;
  choices: Choices;
  added: Added;
  currency: string | undefined;
  send: SendEvent;
  onTry: () => void;
  onApplied: (message: string) => void;
};

/** The form of one event, made from its data schema; a refusal keeps what was typed. */
export function EventForm({ event, known, choices, added, currency, send, onTry, onApplied }: Props) {
  const fields = useMemo(() => withChoices(fieldsOf(event.dataSchema, currency), choices), [event.dataSchema, currency, choices]);
  const [inputs, setInputs] = useState(() => startOf(fields, known));
  const [reason, setReason] = useState("");
  const [tried, setTried] = useState<Tried>({ inputs, problems: new Map() });
  const [outcome, setOutcome] = useState<Outcome>();
  const [busy, setBusy] = useState(false);
  const form = useFirstProblem<HTMLFormElement>(tried.problems);
  const attempt = useRef<Attempt>(undefined);
  const asksReason = fields.some((field) => field.name === "reason");

  async function submit(submitted: FormEvent<HTMLFormElement>) {
    submitted.preventDefault();
    onTry();
    const { data, problems: found } = readInputs(fields, inputs);
    setTried({ inputs, problems: new Map(found.map(({ path, message }) => [path, message])) });
    if (found.length > 0) return;
    const content = { event: event.event, data: { ...data, ...addedTo(event.dataSchema, added) }, reason: reason.trim() || null };
    attempt.current = attemptFor(attempt.current, content);
    setBusy(true);
    const result = await send({ ...content, key: attempt.current.key });
    setBusy(false);
    setOutcome(isToldByFields(result, fields) ? undefined : result);
    setTried({ inputs, problems: fieldRefusals(result) });
    if (result.kind !== "applied") return;
    attempt.current = undefined;
    setInputs(startOf(fields, known));
    setReason("");
    onApplied(result.message);
  }

  return (
    <form ref={form} className={classes["form"]} aria-label={event.label} noValidate onSubmit={(e) => void submit(e)}>
      {event.description ? <p className={classes["hint"]}>{event.description}</p> : null}
      <SchemaFields fields={fields} inputs={inputs} onInputs={setInputs} problems={standing(tried, inputs)} />
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
export function formName({ event, dataSchema }: AllowedEvent, known: Inputs, added: Added): string {
  const asked = fieldsOf(dataSchema).map(({ name }) => known[name] ?? null);
  return `${event} ${JSON.stringify([asked, addedTo(dataSchema, added)])}`;
}

function startOf(fields: readonly Field[], known: Inputs): Inputs {
  const asked = fields.flatMap(({ name }) => (known[name] === undefined ? [] : [[name, known[name]] as const]));
  return { ...emptyInputs(fields), ...Object.fromEntries(asked) };
}

/** What was wrong when it was tried, and with which inputs. */
type Tried = { inputs: Inputs; problems: ReadonlyMap<string, string> };

/** What is still wrong, as far as one can tell: a field that was changed since then is no longer accused. */
function standing({ inputs, problems }: Tried, now: Inputs): ReadonlyMap<string, string> {
  const same = ([path]: [string, string]) => now[nameOf(path)] === inputs[nameOf(path)];
  return new Map([...problems].filter(same));
}

function nameOf(path: string): string {
  return path.split(".")[0] ?? path;
}
