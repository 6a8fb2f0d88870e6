import { useQuery } from "urql";
import { useMay } from "@/api/permission";
import { words } from "@/format/word";
import type { Money } from "@/format/money";
import { ApprovalsDocument, OverridesDocument } from "@/gen/graphql";

/** One request of the inbox, whatever it is about. */
export type Queued = {
  id: string;
  isOverride: boolean;
  subject: string;
  what: string;
  amount: Money | null | undefined;
  requestedAt: string;
  quorum: { approved: number; approvers: number };
  workflowLabel: string;
  workflowTone: string;
  workflowDescription: string;
};

const PAGE = 100;

/** What waits or was decided, the newest first: overrides of orders, policies, and what policies hold back. */
export function useApprovalQueue(state: string | undefined) {
  const filter = state === "ALL" ? {} : { states: ["PENDING"] };
  const mayOverrides = useMay("override.read") === true;
  const mayOthers = useMay("approval.read") === true;
  const [overrides, askOverrides] = useQuery({ query: OverridesDocument, variables: { filter, first: PAGE, after: null }, pause: !mayOverrides });
  const [others, askOthers] = useQuery({ query: ApprovalsDocument, variables: { filter, first: PAGE }, pause: !mayOthers });
  const isThere = (!mayOverrides || overrides.data !== undefined) && (!mayOthers || others.data !== undefined);
  const rows = [
    ...(overrides.data?.overrideRequests.edges ?? []).map(({ node }): Queued => ({ ...node, isOverride: true, subject: node.order.number, what: `${words(node.kind)} · ${node.order.customer.name}` })),
    ...(others.data?.approvals.edges ?? [])
      .filter(({ node }) => node.subjectType !== "sale")
      .map(({ node }): Queued => ({ ...node, isOverride: false, what: whatOf(node.kind, node.subjectType) })),
  ].toSorted((a, b) => Date.parse(b.requestedAt) - Date.parse(a.requestedAt));
  const again = () => {
    if (mayOverrides) askOverrides({ requestPolicy: "network-only" });
    if (mayOthers) askOthers({ requestPolicy: "network-only" });
  };
  return { rows: isThere ? rows : undefined, error: overrides.error ?? others.error, again };
}

function whatOf(kind: string, subjectType: string): string {
  return kind.toLowerCase() === subjectType.toLowerCase() ? words(kind) : `${words(kind)} · ${words(subjectType)}`;
}
