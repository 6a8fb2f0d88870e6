import { useQuery } from "urql";
import { useMay } from "@/api/permission";
import { PendingApprovalsDocument, PendingOverridesDocument } from "@/gen/graphql";
import { useRefetchWhileVisible } from "@/list/useRefetchWhileVisible";

const PAUSE = 30_000;

/** How many requests wait, for who may vote on some; undefined for others. */
export function usePendingOverrides(): number | undefined {
  const mayOverrides = useMay("override.vote") === true;
  const mayOthers = useMay("approval.read") === true;
  const [overrides, askOverrides] = useQuery({ query: PendingOverridesDocument, pause: !mayOverrides });
  const [others, askOthers] = useQuery({ query: PendingApprovalsDocument, pause: !mayOthers });
  useRefetchWhileVisible(() => {
    if (mayOverrides) askOverrides({ requestPolicy: "network-only" });
    if (mayOthers) askOthers({ requestPolicy: "network-only" });
  }, PAUSE);
  if (!mayOverrides && !mayOthers) return undefined;
  const beside = (others.data?.approvals.edges ?? []).filter(({ node }) => node.subjectType !== "sale").length;
  return (overrides.data?.overrideRequests.totalCount ?? 0) + beside;
}
