import { getRouteApi, Link } from "@tanstack/react-router";
import { ComplianceList, standingColumns } from "@/compliance/ComplianceList";
import { type KycRowFragment, KycSessionsDocument } from "@/gen/graphql";
import type { Column } from "@/templates/column";
import { Moment } from "@/ui/Moment";

const route = getRouteApi("/inside/kyc");

/** The proofs of who users are. */
export function KycSessions() {
  return <ComplianceList to="/kyc" title="KYC sessions" noun="KYC sessions" searchHint="Number or e-mail" query={KycSessionsDocument} params={route.useSearch()} columns={COLUMNS} />;
}

const COLUMNS: readonly Column<KycRowFragment>[] = [
  {
    key: "number",
    heading: "Session",
    card: "head",
    cell: (row) => (
      <Link to="/kyc/$sessionId" params={{ sessionId: row.id }}>
        {row.number}
      </Link>
    ),
  },
  ...standingColumns<KycRowFragment>(),
  {
    key: "user",
    heading: "User",
    cell: (row) => (
      <Link to="/users/$userId" params={{ userId: row.userId }}>
        {row.userEmail}
      </Link>
    ),
  },
  { key: "submissions", heading: "Submissions", align: "right", cell: (row) => row.submissions },
  { key: "expires", heading: "Until", cell: (row) => (row.expiresAt ? <Moment at={row.expiresAt} /> : "") },
  { key: "created", heading: "Begun", cell: (row) => <Moment at={row.createdAt} /> },
];
