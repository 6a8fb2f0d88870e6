/** What the list of executions reads from its address. */
export type ExecutionParams = {
  trigger?: string | undefined;
  policy?: string | undefined;
  entity?: string | undefined;
  id?: string | undefined;
  status?: string | undefined;
  outcome?: string | undefined;
  after?: string | undefined;
};

const KEYS = ["trigger", "policy", "entity", "id", "status", "outcome", "after"];

export function parseExecutionParams(search: Record<string, unknown>): ExecutionParams {
  return Object.fromEntries(KEYS.map((key) => [key, search[key]]).filter(([, value]) => typeof value === "string" && value));
}
