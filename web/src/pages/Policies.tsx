import { Button } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { useMay } from "@/api/permission";
import { PoliciesDocument, type PoliciesQuery, PolicyStatesDocument } from "@/gen/graphql";
import { filterOf } from "@/list/params";
import { usePaging } from "@/list/usePaging";
import { useRefetchOnFocus } from "@/list/useRefetchOnFocus";
import { duration } from "@/policy/ExecutionRows";
import { inForceWords, rateWords } from "@/policy/inForce";
import { PolicyTabs } from "@/policy/PolicyTabs";
import { useTriggers } from "@/policy/useTriggers";
import type { Column } from "@/templates/column";
import { ListPage } from "@/templates/ListPage";
import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";
import { words } from "@/format/word";

const PAGE = 50;
const route = getRouteApi("/inside/policies");

type Row = PoliciesQuery["policies"]["edges"][number]["node"];

/** Every policy, the newest first. */
export function Policies() {
  const params = route.useSearch();
  const navigate = route.useNavigate();
  const variables = { filter: filterOf(params), first: PAGE, after: params.after ?? null };
  const [{ data, fetching, error }, refetch] = useQuery({ query: PoliciesDocument, variables });
  const again = () => refetch({ requestPolicy: "network-only" });
  useRefetchOnFocus(again);
  const { labels } = useTriggers();
  const list = data?.policies;
  return (
    <ListPage
      title="Policies"
      noun="policies"
      searchHint="Name"
      total={list?.totalCount}
      params={params}
      onParams={(search) => void navigate({ search, replace: true })}
      facets={useStates()}
      columns={columnsOf(labels)}
      rows={list?.edges.map((edge) => edge.node)}
      keyOf={(row) => row.id}
      fetching={fetching}
      error={error && !list ? errorText(error) : undefined}
      again={again}
      paging={usePaging("/policies", params, list?.pageInfo)}
      tabs={<PolicyTabs />}
      actions={<NewPolicy />}
    />
  );
}

/** The states of a policy, in the words of its lifecycle. */
function useStates() {
  const [{ data }] = useQuery({ query: PolicyStatesDocument, requestPolicy: "cache-first" });
  return (data?.chart?.nodes ?? []).filter(({ parent }) => parent !== null).map(({ key, label, tone }) => ({ state: key, label, tone }));
}

function NewPolicy() {
  if (useMay("policy.write") !== true) return null;
  return (
    <Button component={Link} to="/policies/new">
      New policy
    </Button>
  );
}

function columnsOf(labels: ReadonlyMap<string, string>): readonly Column<Row>[] {
  return [
    {
      key: "name",
      heading: "Policy",
      card: "head",
      cell: (row) => (
        <Link to="/policies/$policyId" params={{ policyId: row.id }}>
          {row.name}
        </Link>
      ),
    },
    {
      key: "state",
      heading: "State",
      card: "head",
      cell: (row) => <Chip label={row.workflowLabel} tone={row.workflowTone} description={row.workflowDescription} />,
    },
    { key: "trigger", heading: "Trigger", cell: (row) => labels.get(row.trigger) ?? words(row.trigger) },
    { key: "priority", heading: "Priority", align: "right", cell: (row) => row.priority },
    { key: "force", heading: "In force", cell: (row) => (row.inForce ? inForceWords(row.inForce) : "") },
    { key: "latest", heading: "Latest", align: "right", cell: (row) => row.latestVersion },
    { key: "hits", heading: "Hits, 30 days", align: "right", cell: (row) => row.figures.hits.toLocaleString("en") },
    { key: "rate", heading: "Hit rate", align: "right", cell: (row) => rateWords(row.figures) },
    { key: "failures", heading: "Failures", align: "right", cell: (row) => row.figures.failures.toLocaleString("en") },
    { key: "p50", heading: "p50", align: "right", cell: (row) => (row.figures.p50Us === null ? "" : duration(row.figures.p50Us)) },
    { key: "p95", heading: "p95", align: "right", cell: (row) => (row.figures.p95Us === null ? "" : duration(row.figures.p95Us)) },
    { key: "last", heading: "Last hit", cell: (row) => (row.figures.lastHitAt ? <Moment at={row.figures.lastHitAt} /> : "") },
  ];
}
