import { useQuery } from "urql";
import { PolicyActionKindsDocument, type PolicyActionKindsQuery } from "@/gen/graphql";

/** One key of an action's config. */
export type Setting = PolicyActionKindsQuery["policyActions"][number]["settings"][number];

/** What policies may do, with what each action is told, and the roles that they may name; the server's words. */
export function useActions() {
  const [{ data }] = useQuery({ query: PolicyActionKindsDocument, requestPolicy: "cache-first" });
  return { actions: data?.policyActions ?? [], roles: data?.policyRoles ?? [] };
}
