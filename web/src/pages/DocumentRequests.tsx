import { Button, NativeSelect } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { ComplianceTabs } from "@/compliance/ComplianceTabs";
import { ENTITIES, typesInWords } from "@/document/words";
import { type DocumentRequestRowFragment, DocumentRequestsDocument } from "@/gen/graphql";
import { type AboutParams, filterOf, withEntity } from "@/list/params";
import { usePaging } from "@/list/usePaging";
import { useRefetchOnFocus } from "@/list/useRefetchOnFocus";
import { EntityLink } from "@/policy/EntityLink";
import type { Column } from "@/templates/column";
import { ListPage } from "@/templates/ListPage";
import { Chip } from "@/ui/Chip";
import { CrossIcon } from "@/ui/icons";
import { Moment } from "@/ui/Moment";

const PAGE = 50;
const route = getRouteApi("/inside/document-requests");

/** What policies have asked for in papers, the newest first. */
export function DocumentRequests() {
  const params = route.useSearch();
  const navigate = route.useNavigate();
  const [{ data, fetching, error }, refetch] = useQuery({ query: DocumentRequestsDocument, variables: { filter: wanted(params), first: PAGE, after: params.after ?? null } });
  const again = () => refetch({ requestPolicy: "network-only" });
  useRefetchOnFocus(again);
  const list = data?.list;
  const show = (search: AboutParams) => void navigate({ search, replace: true });
  return (
    <ListPage
      title="Documents"
      noun="requests for documents"
      searchHint="Number, e-mail or customer"
      total={list?.totalCount}
      params={params}
      onParams={show}
      facets={list?.stateCounts ?? []}
      columns={COLUMNS}
      rows={list?.edges.map(({ node }) => node)}
      keyOf={(row) => row.id}
      fetching={fetching}
      error={error && !list ? errorText(error) : undefined}
      again={again}
      paging={usePaging("/document-requests", params, list?.pageInfo)}
      tabs={<ComplianceTabs />}
      actions={<About params={params} onParams={show} />}
    />
  );
}

/** Narrows to what is asked about one type of entity, and leads back from a single one. */
function About({ params, onParams }: { params: AboutParams; onParams: (params: AboutParams) => void }) {
  const { entity, id } = params;
  return (
    <>
      {entity && id ? (
        <Button variant="default" px={10} style={{ flex: "none" }} rightSection={<CrossIcon />} title="Show all" onClick={() => onParams(withEntity(params, entity))}>
          Only this one
        </Button>
      ) : null}
      <NativeSelect
        aria-label="About"
        value={entity ?? ""}
        data={[{ value: "", label: "About everything" }, ...Object.entries(ENTITIES).map(([value, label]) => ({ value, label }))]}
        onChange={(event) => onParams(withEntity(params, event.currentTarget.value))}
      />
    </>
  );
}

function wanted(params: AboutParams) {
  const { entity, id } = params;
  return { ...filterOf(params), ...(entity ? { entityType: entity } : {}), ...(id ? { entityId: id } : {}) };
}

const COLUMNS: readonly Column<DocumentRequestRowFragment>[] = [
  {
    key: "types",
    heading: "Documents",
    card: "head",
    cell: (row) => (
      <Link to="/document-requests/$requestId" params={{ requestId: row.id }}>
        {typesInWords(row.types)}
      </Link>
    ),
  },
  {
    key: "state",
    heading: "State",
    card: "head",
    cell: (row) => <Chip label={row.workflowLabel} tone={row.workflowTone} description={row.workflowDescription} />,
  },
  {
    key: "about",
    heading: "About",
    cell: (row) => <EntityLink type={row.entityType} id={row.entityId} {...(row.number ? { label: row.number } : {})} />,
  },
  { key: "asked", heading: "Asked of", cell: (row) => row.asked?.name ?? "" },
  { key: "policy", heading: "Policy", cell: (row) => row.policy },
  { key: "round", heading: "Round", align: "right", cell: (row) => row.round },
  { key: "due", heading: "Due", cell: (row) => <Moment at={row.dueAt} /> },
  { key: "requested", heading: "Asked", cell: (row) => <Moment at={row.requestedAt} /> },
];
