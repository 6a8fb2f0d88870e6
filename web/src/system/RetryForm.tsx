import { Button, Textarea, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { words } from "@/format/word";
import { type DeadLetterRowFragment, RetryDeadLetterDocument } from "@/gen/graphql";
import { Moment } from "@/ui/Moment";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";
import classes from "./System.module.css";
import { useAct } from "./useAct";

/** Has one dead letter tried again; of a job the payload can be corrected before. */
export function RetryForm({ row }: { row: DeadLetterRowFragment }) {
  const before = JSON.stringify(row.payload, null, 2);
  const [text, setText] = useState(before);
  const [reason, setReason] = useState("");
  const [problem, setProblem] = useState<string>();
  const { busy, outcome, act } = useAct(RetryDeadLetterDocument);

  function submit(event: FormEvent) {
    event.preventDefault();
    const payload = parsed(text);
    setProblem(payload ? undefined : "This is not JSON.");
    if (!payload) return;
    const changed = text === before ? {} : { payload: payload.value };
    void act({ id: row.id, reason: reason.trim() || null, ...changed }, "It is tried again");
  }

  return (
    <form className={classes["form"]} aria-label={`Retry ${row.name} ${row.key}`} noValidate onSubmit={submit}>
      {row.source === "JOB" ? (
        <Textarea
          label="Payload"
          description="JSON; what it was stays in the history"
          autosize
          minRows={3}
          maxRows={20}
          spellCheck={false}
          classNames={{ input: classes["code"] ?? "" }}
          value={text}
          error={problem}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      ) : null}
      <TextInput
        label="Reason"
        description="Optional, kept in the history"
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <OutcomeNotice outcome={outcome} />
      <Button type="submit" loading={busy}>
        Retry
      </Button>
    </form>
  );
}

/** What happened to a job so far. */
export function History({ row }: { row: DeadLetterRowFragment }) {
  if (row.history.length === 0) return null;
  return (
    <ol className={classes["history"]}>
      {row.history.map(({ at, what, actorId, detail }) => (
        <li key={`${at} ${what}`}>
          <Moment at={at} /> {words(what)}
          {actorId ? ` by ${actorId}` : ""}
          {detail ? `: ${detail}` : ""}
        </li>
      ))}
    </ol>
  );
}

function parsed(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
