import { getRouteApi, Link } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { ChartLoading } from "@/chart/ChartLoading";
import { words } from "@/format/word";
import { ExecutionDocument, type ExecutionQuery, PolicyVersionOfDocument } from "@/gen/graphql";
import { useRefetchWhileVisible } from "@/list/useRefetchWhileVisible";
import { asDocument, type Value } from "@/policy/document";
import { EntityLink } from "@/policy/EntityLink";
import { duration } from "@/policy/ExecutionRows";
import { factLabel, type Facts } from "@/policy/fact";
import { outcomeChip } from "@/policy/inForce";
import { configFacts, valueWords } from "@/policy/inWords";
import type { Visit } from "@/policy/light";
import classes from "@/policy/Policy.module.css";
import { actionLabel } from "@/policy/setting";
import { Trees } from "@/policy/Tested";
import { useTriggers } from "@/policy/useTriggers";
import { DetailLoading, DetailPage } from "@/templates/DetailPage";
import { Panel } from "@/templates/Panel";
import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";
import { Empty, Failure } from "@/ui/Said";

const PolicyGraph = lazy(() => import("@/policy/PolicyGraph"));
const route = getRouteApi("/inside/executions/$executionId");

type Known = NonNullable<ExecutionQuery["policyExecution"]>;
type Evaluation = Known["evaluations"][number];

/** One decision: on what, by which facts, what each policy came to and why, what became of it. */
export function Execution() {
  const { executionId } = route.useParams();
  const [{ data, fetching, error }, refetch] = useQuery({ query: ExecutionDocument, variables: { id: executionId } });
  const again = () => refetch({ requestPolicy: "network-only" });
  useRefetchWhileVisible(again);
  if (error && !data)
    return (
      <Failure page title="The execution could not be loaded" again={again}>
        {errorText(error)}
      </Failure>
    );
  if (!data && fetching) return <DetailLoading noun="execution" />;
  if (!data?.policyExecution)
    return (
      <Empty page title="There is no such execution">
        <Link to="/executions">Go to the list of executions</Link>
      </Empty>
    );
  return <Shown of={data.policyExecution} />;
}

function Shown({ of }: { of: Known }) {
  const { labels, factsOf } = useTriggers();
  const facts = factsOf(of.trigger);
  return (
    <DetailPage
      kind="Execution"
      number={labels.get(of.trigger) ?? words(of.trigger)}
      chip={{ ...outcomeChip(of.status), description: of.error ?? "" }}
      figures={[
        { label: "On", value: <EntityLink type={of.entityType} id={of.entityId} /> },
        { label: "Event", value: <Moment at={of.occurredAt} /> },
        { label: "Decided", value: <Moment at={of.startedAt} /> },
        { label: "Took", value: duration(of.durationUs) },
        { label: "Told by", value: words(of.source) },
        { label: "Set of policies", value: of.setRevision },
      ]}
      picture={
        <div className={classes["stack"]}>
          {of.error ? (
            <Panel title="What failed" padded>
              {of.error}
            </Panel>
          ) : null}
          {of.evaluations.length === 0 ? (
            <Panel title="Policies" padded>
              No policy had anything to say.
            </Panel>
          ) : null}
          {of.evaluations.map((one) => (
            <Evaluated key={`${one.policyId} ${one.mode}`} of={one} facts={facts} labels={labels} />
          ))}
        </div>
      }
      side={
        <>
          <Actions of={of} />
          <Panel title="Cause" padded>
            <dl className={classes["facts"]}>
              <div>
                <dt>Execution</dt>
                <dd>{of.id}</dd>
              </div>
              <div>
                <dt>Correlation</dt>
                <dd>{of.correlationId}</dd>
              </div>
              {of.causationId ? (
                <div>
                  <dt>Caused by</dt>
                  <dd>{of.causationId}</dd>
                </div>
              ) : null}
            </dl>
          </Panel>
        </>
      }
      story={<FactsPanel of={of} facts={facts} />}
    />
  );
}

/** What one policy came to: its graph with the path lit, and each condition with what was found. */
function Evaluated({ of, facts, labels }: { of: Evaluation; facts: Facts; labels: ReadonlyMap<string, string> }) {
  const [{ data, error }] = useQuery({ query: PolicyVersionOfDocument, variables: { id: of.policyId, version: of.version }, requestPolicy: "cache-first" });
  const document = data?.policy ? asDocument(data.policy.version.document) : undefined;
  return (
    <Panel title={of.policyName} label={`Evaluation of ${of.policyName}`}>
      <div className={classes["line"]} style={{ padding: "10px 14px" }}>
        <Chip {...outcomeChip(of.outcome)} />
        <Link to="/policies/$policyId" params={{ policyId: of.policyId }} search={{ version: String(of.version) }}>
          Version {of.version}
        </Link>
        {of.mode === "shadow" ? <Chip label="Shadow: only watched" tone="neutral" /> : null}
        {of.durationUs === null ? null : <span className={classes["dim"]}>{duration(of.durationUs)}</span>}
        {of.error ? <span>{of.error}</span> : null}
      </div>
      {document ? (
        <Suspense fallback={<ChartLoading />}>
          <PolicyGraph document={document} facts={facts} labels={labels} path={of.path as readonly Visit[]} />
        </Suspense>
      ) : null}
      {error ? (
        <p role="alert" style={{ margin: 0, padding: "0 14px" }}>
          The picture could not be loaded: {errorText(error)}
        </p>
      ) : null}
      <div style={{ padding: "10px 14px" }}>
        <Trees trees={of.trees} facts={facts} />
      </div>
    </Panel>
  );
}

function Actions({ of }: { of: Known }) {
  return (
    <Panel title="Actions">
      {of.actions.length === 0 ? <p style={{ margin: 0, padding: "12px 14px" }}>Nothing is to be done.</p> : null}
      <ul className={classes["rows"]}>
        {of.actions.map((one) => (
          <li key={one.id}>
            <div className={classes["line"]}>
              <span>{actionLabel(one.action)}</span>
              {one.followsFrom ? <span className={classes["dim"]}>asked of its host because of an answer</span> : null}
              <span className={classes["end"]}>
                <Chip {...outcomeChip(one.status)} />
              </span>
            </div>
            <div>
              By{" "}
              <Link to="/policies/$policyId" params={{ policyId: one.policyId }} search={{ version: String(one.version) }}>
                {one.policyName}, version {one.version}
              </Link>
              {one.doneAt ? (
                <>
                  {" "}
                  · <Moment at={one.doneAt} />
                </>
              ) : null}
            </div>
            {one.message ? (
              <div title={one.code ?? undefined}>
                {one.status === "applied" ? "" : "Why: "}
                {one.message}
              </div>
            ) : null}
            <div className={classes["dim"]}>
              {configFacts({ config: (one.config ?? {}) as Record<string, unknown> })
                .map(({ name, text }) => `${name}: ${text}`)
                .join(" · ")}
            </div>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function FactsPanel({ of, facts }: { of: Known; facts: Facts }) {
  const found = Object.entries((of.facts ?? {}) as Record<string, Value>);
  return (
    <Panel title="Facts as they were" padded>
      <dl className={classes["facts"]}>
        {found.map(([name, value]) => (
          <div key={name}>
            <dt title={name}>{factLabel(name, facts)}</dt>
            <dd>{typeof value === "string" ? value : valueWords(value, facts)}</dd>
          </div>
        ))}
      </dl>
      {of.flagged.length > 0 ? <p className={classes["dim"]}>Not taken as facts: {of.flagged.join("; ")}</p> : null}
    </Panel>
  );
}
