import type { Held } from "./Holds";

type HoldInContext = { kind: string; reason: string; policy: string | null; policyName?: string | null; version?: number | null; since: string };

/** How policies stand to a lifecycle, from its context; nothing where the context says nothing of policies. */
export function standingOf(context: unknown): Held | undefined {
  if (typeof context !== "object" || context === null || !("holds" in context) || !("isDecided" in context)) return undefined;
  const holds = Object.entries(context.holds as Record<string, HoldInContext>).map(([id, hold]) => ({ policyName: null, version: null, ...hold, id }));
  return { isDecided: context.isDecided === true, holds, frozen: "frozen" in context ? frozenOf(context.frozen) : null };
}

function frozenOf(frozen: unknown): Held["frozen"] {
  if (typeof frozen !== "object" || frozen === null) return null;
  return { until: null, policy: null, policyName: null, version: null, ...(frozen as { reason: string; since: string }) };
}
