import type { CombinedError } from "urql";
import { errorText } from "@/api/client";
import type { RefusalTextFragment } from "@/gen/graphql";
import type { Reason } from "./lifecycle";

/** What became of an attempt, as far as a person needs to know. */
export type Outcome =
  | { kind: "applied"; message: string }
  | { kind: "refused"; message: string; reasons: readonly Reason[] }
  | { kind: "failed"; message: string };

export function refused(refusal: RefusalTextFragment): Outcome {
  return { kind: "refused", message: refusal.message, reasons: refusal.reasons };
}

/** It is not known whether the server did it: trying again with the same key is safe. */
export function failed(error: CombinedError | undefined): Outcome {
  const text = error ? errorText(error) : "The server gave no answer.";
  return { kind: "failed", message: `${text} Trying again is safe: nothing is done twice.` };
}

/** The refusals that name a field of the data, by the field's path. */
export function fieldRefusals(outcome: Outcome | undefined): Map<string, string> {
  const reasons = outcome?.kind === "refused" ? outcome.reasons : [];
  const named = reasons.map((reason): [string | undefined, string] => [fieldOf(reason.values), shortened(reason)]);
  return new Map(named.filter((pair): pair is [string, string] => pair[0] !== undefined));
}

/** Nothing is left to say beside the fields: all was done, or every reason stands at a field of the form. */
export function isToldByFields(outcome: Outcome, fields: readonly { name: string }[]): boolean {
  if (outcome.kind !== "refused") return outcome.kind === "applied";
  const names = new Set<string | undefined>(fields.map(({ name }) => name));
  return outcome.reasons.length > 0 && outcome.reasons.every(({ values }) => names.has(fieldOf(values)?.split(".")[0]));
}

/** The message of a reason as it reads below its field: without the field's name in front. */
function shortened({ values, message }: Reason): string {
  const name = `${fieldOf(values)}: `;
  const text = message.startsWith(name) ? message.slice(name.length) : message;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function fieldOf(values: unknown): string | undefined {
  if (typeof values !== "object" || values === null) return undefined;
  const field = "field" in values ? values.field : "path" in values ? values.path : undefined;
  return typeof field === "string" ? field.replace(/^\$?\.?\/?/, "").replaceAll("/", ".") : undefined;
}
