import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { useRef, useState } from "react";
import { type AnyVariables, useMutation } from "urql";
import { type Attempt, attemptFor } from "@/form/attempt";
import type { RefusalTextFragment } from "@/gen/graphql";
import { failed, type Outcome, refused } from "@/workflow/outcome";

type Answer = { __typename: string };
type Refused = RefusalTextFragment & { __typename: "Refusal" };
type Done<T> = Exclude<T, { __typename: "Refusal" }>;

/**
 * A mutation that somebody tries: what became of the last try, and how to try.
 * The same content keeps its key, so that a second press cannot do it twice.
 */
export function useAct<T extends Answer, V extends AnyVariables>(document: TypedDocumentNode<{ outcome: T }, V>) {
  const [{ fetching: busy }, mutate] = useMutation(document);
  const [outcome, setOutcome] = useState<Outcome>();
  const attempt = useRef<Attempt>(undefined);

  /** Resolves to what was done; undefined when nothing was, or nobody knows. */
  async function act(content: V, message: string): Promise<Done<T> | undefined> {
    attempt.current = attemptFor(attempt.current, content);
    const { data, error } = await mutate({ ...content, key: attempt.current.key });
    if (!data) {
      setOutcome(failed(error));
      return undefined;
    }
    attempt.current = undefined;
    if (isRefused(data.outcome)) {
      setOutcome(refused(data.outcome));
      return undefined;
    }
    setOutcome({ kind: "applied", message });
    return data.outcome as Done<T>;
  }

  return { busy, outcome, setOutcome, act };
}

function isRefused(answer: Answer): answer is Refused {
  return answer.__typename === "Refusal";
}
