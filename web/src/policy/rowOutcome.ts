import { words } from "@/format/word";
import { outcomeChip } from "./inForce";

type Row = { status: string; evaluations: readonly { outcome: string; mode: string }[] };

const FROM_THE_WORST = ["error", "unknown", "hit", "snoozed"];

/** What a decision came to, as a chip shows it: the worst of the policies that decide; shadows are only watched. */
export function rowOutcome({ status, evaluations }: Row): { label: string; tone: string } {
  if (status === "failed") return outcomeChip(status);
  const found = worstOf(evaluations.filter(({ mode }) => mode !== "shadow"));
  if (found) return outcomeChip(found);
  const watched = worstOf(evaluations);
  return { label: watched ? `Nothing to do (shadow: ${words(watched).toLowerCase()})` : "Nothing to do", tone: "neutral" };
}

function worstOf(evaluations: Row["evaluations"]): string | undefined {
  const outcomes = new Set(evaluations.map(({ outcome }) => outcome));
  return FROM_THE_WORST.find((one) => outcomes.has(one));
}
