import { Button, NativeSelect, Title } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { words } from "@/format/word";
import { ExecutionsDocument, PoliciesDocument, type PolicyExecutionFilter, type PolicyOutcome } from "@/gen/graphql";
import { useRefetchOnFocus } from "@/list/useRefetchOnFocus";
import type { ExecutionParams } from "@/policy/executionParams";
import { executionColumns } from "@/policy/ExecutionRows";
import classes from "@/policy/Policy.module.css";
import { PolicyTabs } from "@/policy/PolicyTabs";
import { useTriggers } from "@/policy/useTriggers";
import page from "@/system/System.module.css";
import { DataTable } from "@/templates/DataTable";
import { Paging } from "@/templates/Paging";
import { Empty, Failure } from "@/ui/Said";

const PAGE = 50;
const ENTITIES = ["Order", "PayIn", "PayOut", "KYC", "User"];
const OUTCOMES = ["hit", "unknown", "error", "snoozed"];
const route = getRouteApi("/inside/executions");

/** What policies have decided, the newest first. */
export function Executions() {
  const params = route.useSearch();
  const navigate = route.useNavigate();
  const { labels, triggers } = useTriggers();
  const [policies] = useQuery({ query: PoliciesDocument, variables: { filter: {}, first: 200, after: null }, requestPolicy: "cache-first" });
  const [{ data, error }, refetch] = useQuery({ query: ExecutionsDocument, variables: { filter: filterOf(params), first: PAGE, after: params.after ?? null } });
  const again = () => refetch({ requestPolicy: "network-only" });
  useRefetchOnFocus(again);
  const list = data?.policyExecutions;
  const rows = list?.edges.map(({ node }) => node);
  const narrow = (change: ExecutionParams) => void navigate({ search: cleaned({ ...params, after: undefined, ...change }), replace: true });
  const end = list?.pageInfo.hasNextPage ? list.pageInfo.endCursor : undefined;
  return (
    <div className={page["page"]}>
      <title>Executions · Orderwright</title>
      <Title order={1} size="h3">
        Executions <span className={page["count"]}>{list?.totalCount.toLocaleString("en") ?? ""}</span>
      </Title>
      <PolicyTabs />
      <div className={classes["tools"]} style={{ marginBottom: 12 }}>
        <Filter label="Trigger" value={params.trigger} options={triggers.map(({ name, label }) => [name, label])} onValue={(trigger) => narrow({ trigger })} />
        <Filter label="Policy" value={params.policy} options={(policies.data?.policies.edges ?? []).map(({ node }) => [node.id, node.name])} onValue={(policy) => narrow({ policy })} />
        <Filter label="Entity" value={params.entity} options={ENTITIES.map((one) => [one, words(one)])} onValue={(entity) => narrow({ entity })} />
        <Filter label="Status" value={params.status} options={[["decided", "Decided"], ["failed", "Failed"]]} onValue={(status) => narrow({ status })} />
        <Filter label="Outcome" value={params.outcome} options={OUTCOMES.map((one) => [one, words(one)])} onValue={(outcome) => narrow({ outcome })} />
        {params.id ? (
          <Button variant="default" onClick={() => narrow({ id: undefined })}>
            Only on one {params.entity ?? "entity"}: show all
          </Button>
        ) : null}
      </div>
      {error && !list ? (
        <Failure title="The executions could not be loaded" again={again}>
          {errorText(error)}
        </Failure>
      ) : null}
      {rows?.length === 0 ? <Empty title="Nothing was decided" /> : null}
      {rows && rows.length > 0 ? (
        <>
          <DataTable label="Executions" columns={executionColumns(labels)} rows={rows} keyOf={(row) => row.id} />
          <Paging
            onPrevious={params.after ? () => void navigate({ search: cleaned({ ...params, after: undefined }) }) : undefined}
            onNext={end ? () => void navigate({ search: cleaned({ ...params, after: end }) }) : undefined}
          />
        </>
      ) : null}
    </div>
  );
}

type FilterProps = { label: string; value: string | undefined; options: readonly (readonly [string, string])[]; onValue: (value: string | undefined) => void };

function Filter({ label, value, options, onValue }: FilterProps) {
  return (
    <NativeSelect
      size="xs"
      w={170}
      label={label}
      value={value ?? ""}
      data={[{ value: "", label: "All" }, ...options.map(([one, name]) => ({ value: one, label: name }))]}
      onChange={(event) => onValue(event.currentTarget.value || undefined)}
    />
  );
}

function filterOf({ trigger, policy, entity, id, status, outcome }: ExecutionParams): PolicyExecutionFilter {
  const known = OUTCOMES.find((one) => one === outcome)?.toUpperCase() as PolicyOutcome | undefined;
  return { ...cleaned({ trigger, policyId: policy, entityType: entity, entityId: id, status }), ...(known ? { outcome: known } : {}) };
}

function cleaned<T extends Record<string, string | undefined>>(params: T): T {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value)) as T;
}
