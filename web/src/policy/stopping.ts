/** A policy that stops something: its id, its name when it did, and its version, as far as they are known. */
export type StoppingPolicy = { policy: string; policyName?: string | null; version?: number | null };

/** The policies behind a reason, each once: of what is frozen it is one, of what is held one for each hold. */
export function stoppingPolicies(values: unknown): StoppingPolicy[] {
  const { holds } = { holds: undefined, ...asObject(values) };
  const stops = Array.isArray(holds) ? holds : [values];
  const named = stops.filter(isStopping).map((stop) => [`${stop.policy} ${stop.version ?? ""}`, stop] as const);
  return [...new Map(named).values()];
}

/** What a policy is called where it stops something. */
export function stoppingWords({ policyName, version }: StoppingPolicy): string {
  return `the policy${policyName ? ` ${policyName}` : ""}${version ? `, version ${version}` : ""}`;
}

function isStopping(stop: unknown): stop is StoppingPolicy {
  const { policy } = { policy: undefined, ...asObject(stop) };
  return typeof policy === "string" && policy !== "";
}

function asObject(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}
