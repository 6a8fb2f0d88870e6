import { words } from "@/format/word";

type InForce = { version: number; mode: string; rollout: number };

/** What of a policy is in force, in short: "Version 3, shadow, for 25%". */
export function inForceWords({ version, mode, rollout }: InForce): string {
  const share = rollout === 10_000 ? "" : `, for ${percent(rollout)}`;
  return `Version ${version}${mode === "SHADOW" ? ", shadow" : ""}${share}`;
}

/** On what terms a version is asked for: "deciding, for 25%". */
export function askedWords({ mode, rollout }: Omit<InForce, "version">): string {
  return `${mode === "SHADOW" ? "watched only (shadow)" : "deciding"}, for ${percent(rollout)}`;
}

/** A rollout as people write it. */
export function percent(rollout: number): string {
  return `${rollout / 100}%`;
}

/** A part of all as people write it; nothing where there was none. */
export function rateWords({ hits, executions }: { hits: number; executions: number }): string {
  return executions > 0 ? `${((hits / executions) * 100).toLocaleString("en", { maximumFractionDigits: 1 })}%` : "";
}

type Judged = { confirmed: number; falseAlarms: number; unjudged: number; precision: number | null };

/** How often people found a policy right: "75% of 4 judged, 2 unjudged"; unknown as long as nobody has said. */
export function precisionWords({ confirmed, falseAlarms, unjudged, precision }: Judged): string {
  const open = unjudged > 0 ? `, ${unjudged.toLocaleString("en")} unjudged` : "";
  if (precision === null) return `Unknown${open}`;
  const share = `${(precision / 100).toLocaleString("en", { maximumFractionDigits: 1 })}%`;
  return `${share} of ${(confirmed + falseAlarms).toLocaleString("en")} judged${open}`;
}

/** The tone of what a policy came to, and of what became of an action. */
const TONES: Readonly<Record<string, string>> = {
  hit: "active",
  unknown: "warning",
  error: "bad",
  snoozed: "neutral",
  miss: "neutral",
  applied: "good",
  queued: "waiting",
  planned: "waiting",
  skipped: "neutral",
  dropped: "neutral",
  failed: "bad",
  decided: "good",
};

/** An outcome or a status as a chip shows it. */
export function outcomeChip(outcome: string): { label: string; tone: string } {
  return { label: words(outcome), tone: TONES[outcome] ?? "neutral" };
}
