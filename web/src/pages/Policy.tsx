import { Button } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useState } from "react";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { useMay } from "@/api/permission";
import { ChartLoading } from "@/chart/ChartLoading";
import { words } from "@/format/word";
import { type ExecutionRowFragment, PolicyDocument } from "@/gen/graphql";
import { useRefetchWhileVisible } from "@/list/useRefetchWhileVisible";
import { Differences } from "@/policy/Differences";
import { asDocument, triggerName } from "@/policy/document";
import { duration, ExecutionRows } from "@/policy/ExecutionRows";
import { inForceWords, precisionWords, rateWords } from "@/policy/inForce";
import { triggerWords } from "@/policy/inWords";
import type { Visit } from "@/policy/light";
import { type KnownPolicy, LifeActs } from "@/policy/LifeActs";
import { PolicyWords } from "@/policy/PolicyWords";
import { Snoozes } from "@/policy/Snoozes";
import { TestPanel } from "@/policy/TestPanel";
import { ShownVersion } from "@/policy/ShownVersion";
import { useTriggers } from "@/policy/useTriggers";
import { standingWords, versionToShow } from "@/policy/version";
import { Versions } from "@/policy/Versions";
import { DetailLoading, DetailPage } from "@/templates/DetailPage";
import { Panel } from "@/templates/Panel";
import { Empty, Failure } from "@/ui/Said";
import { TransitionLog } from "@/workflow/TransitionLog";

const PolicyGraph = lazy(() => import("@/policy/PolicyGraph"));
const route = getRouteApi("/inside/policies/$policyId");

/** One policy: a version of it drawn and in words, how it lives, what it has decided. */
export function Policy() {
  const { policyId } = route.useParams();
  const [{ data, fetching, error }, refetch] = useQuery({ query: PolicyDocument, variables: { id: policyId } });
  const again = () => refetch({ requestPolicy: "network-only" });
  useRefetchWhileVisible(again);
  if (error && !data)
    return (
      <Failure page title="The policy could not be loaded" again={again}>
        {errorText(error)}
      </Failure>
    );
  if (!data && fetching) return <DetailLoading noun="policy" />;
  if (!data?.policy)
    return (
      <Empty page title="There is no such policy">
        <Link to="/policies">Go to the list of policies</Link>
      </Empty>
    );
  const { totalCount, edges } = data.policyExecutions;
  return <Known key={policyId} policy={data.policy} executions={edges.map(({ node }) => node)} count={totalCount} again={again} />;
}

type KnownProps = { policy: KnownPolicy; executions: readonly ExecutionRowFragment[]; count: number; again: () => void };

function Known({ policy, executions, count, again }: KnownProps) {
  const { version: wanted } = route.useSearch();
  const navigate = route.useNavigate();
  const { labels, factsOf, isThere, error } = useTriggers();
  const [lit, setLit] = useState<{ version: number; path: readonly Visit[] | undefined }>();
  const number = versionToShow(policy, wanted);
  const shown = policy.versions.find(({ version }) => version === number);
  const text = JSON.stringify(shown?.document);
  const document = useMemo(() => asDocument(text), [text]);
  const facts = factsOf(triggerName(document.trigger));
  const lifecycle = { id: policy.id, title: policy.name, workflow: policy.workflow };
  const show = (version: number) =>
    void navigate({ search: version === versionToShow(policy, undefined) ? {} : { version: String(version) }, replace: true, resetScroll: false });
  if (!shown) return null;
  const isAskedFor = policy.pending?.version === number;
  const changes = <Differences key={`${number} ${policy.inForce?.version}`} policy={policy} after={number} />;
  return (
    <DetailPage
      kind="Policy"
      number={policy.name}
      chip={{ label: policy.workflowLabel, tone: policy.workflowTone, description: policy.workflowDescription }}
      figures={[
        { label: "Trigger", value: triggerWords(document.trigger, labels) },
        { label: "Priority", value: document.priority ?? 0 },
        { label: "In force", value: policy.inForce ? inForceWords(policy.inForce) : "Nothing" },
        ...(policy.inForce?.approvedBy ? [{ label: "Published by", value: `${policy.inForce.publishedBy.name} and ${policy.inForce.approvedBy.name}` }] : []),
        { label: "Where not known", value: words(document.on_unknown ?? "as usual") },
        { label: "Hits, 30 days", value: `${policy.figures.hits.toLocaleString("en")} of ${policy.figures.executions.toLocaleString("en")}` },
        { label: "Hit rate", value: rateWords(policy.figures) || "None yet" },
        { label: "Precision", value: precisionWords(policy.figures) },
        { label: "Not known", value: policy.figures.unknown.toLocaleString("en") },
        { label: "Failures", value: policy.figures.failures.toLocaleString("en") },
        ...(policy.figures.p50Us === null ? [] : [{ label: "p50", value: duration(policy.figures.p50Us) }]),
        ...(policy.figures.p95Us === null ? [] : [{ label: "p95", value: duration(policy.figures.p95Us) }]),
      ]}
      nextStep={<Edit policyId={policy.id} />}
      picture={
        <Panel title={`Version ${number}, ${standingWords(policy, number)}`}>
          <Suspense fallback={<ChartLoading />}>
            <PolicyGraph document={document} facts={facts} labels={labels} path={lit?.version === number ? lit.path : undefined} />
          </Suspense>
        </Panel>
      }
      side={
        <>
          <ShownVersion policy={policy} shown={number} onShow={show} />
          <LifeActs policy={policy} shown={number} onDone={again} />
          <Panel title="Test">
            {isThere ? (
              <TestPanel key={number} document={document} facts={facts} currency="EUR" onTested={(tested) => setLit({ version: number, path: tested?.path as readonly Visit[] | undefined })} />
            ) : (
              <p role="status" style={{ margin: 0, padding: "12px 14px" }}>
                {error ? errorText(error) : "Asking what its trigger brings"}
              </p>
            )}
          </Panel>
          <Snoozes policy={policy} again={again} />
        </>
      }
      story={
        <>
          {isAskedFor ? changes : null}
          <Panel title="In words">
            {document.description ? <p style={{ margin: 0, padding: "12px 14px 0" }}>{document.description}</p> : null}
            <PolicyWords document={document} facts={facts} labels={labels} />
          </Panel>
          <Versions policy={policy} shown={number} onShow={show} />
          {isAskedFor || policy.versions.length === 1 ? null : changes}
          <Panel title="Last decisions">
            <ExecutionRows rows={executions} labels={labels} />
            {count > executions.length ? (
              <p style={{ margin: 0, padding: "0 14px 12px" }}>
                <Link to="/executions" search={{ policy: policy.id }}>
                  All {count.toLocaleString("en")}
                </Link>
              </p>
            ) : null}
          </Panel>
          <Panel title="What happened">
            <TransitionLog lifecycles={[lifecycle]} moment={undefined} onMoment={nothing} onShow={nothing} />
          </Panel>
        </>
      }
    />
  );
}

function Edit({ policyId }: { policyId: string }) {
  if (useMay("policy.write") !== true) return null;
  return (
    <Button component={Link} to={`/policies/${policyId}/edit`} variant="default">
      Edit
    </Button>
  );
}

function nothing(): void {}
