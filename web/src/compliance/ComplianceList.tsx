import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { useNavigate } from "@tanstack/react-router";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { filterOf, type ListParams } from "@/list/params";
import { usePaging } from "@/list/usePaging";
import { useRefetchOnFocus } from "@/list/useRefetchOnFocus";
import type { Column, Facet } from "@/templates/column";
import { ListPage } from "@/templates/ListPage";
import { Chip } from "@/ui/Chip";
import { ComplianceTabs } from "./ComplianceTabs";

const PAGE = 50;

type Answer<Row> = {
  list: { totalCount: number; stateCounts: readonly Facet[]; pageInfo: { hasNextPage: boolean; endCursor?: string | null }; edges: readonly { node: Row }[] };
};
type Variables = { filter?: { search?: string | null; states?: string[] | null } | null; first: number; after?: string | null };
type Props<Row> = {
  to: "/pay-ins" | "/pay-outs" | "/kyc" | "/users";
  title: string;
  noun: string;
  searchHint: string;
  query: TypedDocumentNode<Answer<Row>, Variables>;
  params: ListParams;
  columns: readonly Column<Row>[];
};

/** A list of things that policies decide on. */
export function ComplianceList<Row extends { id: string }>({ to, query, params, ...rest }: Props<Row>) {
  const navigate = useNavigate();
  const variables: Variables = { filter: filterOf(params), first: PAGE, after: params.after ?? null };
  const [{ data, fetching, error }, refetch] = useQuery({ query, variables });
  const again = () => refetch({ requestPolicy: "network-only" });
  useRefetchOnFocus(again);
  const list = data?.list;
  return (
    <ListPage
      {...rest}
      total={list?.totalCount}
      params={params}
      onParams={(search) => void navigate({ to, search, replace: true })}
      facets={list?.stateCounts ?? []}
      rows={list?.edges.map(({ node }) => node)}
      keyOf={(row) => row.id}
      fetching={fetching}
      error={error && !list ? errorText(error) : undefined}
      again={again}
      paging={usePaging(to, params, list?.pageInfo)}
      tabs={<ComplianceTabs />}
    />
  );
}

type Standing = { workflowLabel: string; workflowTone: string; workflowDescription: string; isDecided: boolean; holds: readonly { id: string; reason: string }[] };

/** The column of the state: beside it what holds it back. */
export function standingColumns<Row extends Standing>(): readonly Column<Row>[] {
  return [
    {
      key: "state",
      heading: "State",
      card: "head",
      cell: (row) => <Chip label={row.workflowLabel} tone={row.workflowTone} description={row.workflowDescription} />,
    },
    {
      key: "holds",
      heading: "Held back by",
      cell: (row) => (row.isDecided ? row.holds.map(({ reason }) => reason).join("; ") : "Not decided yet"),
    },
  ];
}
