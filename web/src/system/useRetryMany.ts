import { useState } from "react";
import { useMutation } from "urql";
import { RetryDeadLetterDocument } from "@/gen/graphql";
import { failed, type Outcome, refused } from "@/workflow/outcome";

/** Has dead letters tried again; a refusal stops nobody else's. */
export function useRetryMany(onEnd: () => void) {
  const [, mutate] = useMutation(RetryDeadLetterDocument);
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>();

  /** What was wrong, if anything was. */
  async function tried(id: string): Promise<Outcome | undefined> {
    const { data, error } = await mutate({ id });
    if (!data) return failed(error);
    return data.outcome.__typename === "Refusal" ? refused(data.outcome) : undefined;
  }

  async function retry(ids: readonly string[]): Promise<void> {
    setBusy(true);
    const wrong = (await Promise.all(ids.map(tried))).filter((one) => one !== undefined);
    const done = ids.length - wrong.length;
    setBusy(false);
    setOutcome(wrong[0] ? { ...wrong[0], message: `${done} of ${ids.length} retried. ${wrong[0].message}` } : told(done));
    onEnd();
  }

  return { busy, outcome, retry };
}

function told(done: number): Outcome {
  return { kind: "applied", message: done === 1 ? "It is tried again" : `${done} are tried again` };
}
