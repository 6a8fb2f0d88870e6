import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { useMay } from "@/api/permission";
import { Files } from "@/document/Files";
import { HandInLink } from "@/document/HandInLink";
import { ENTITIES, typesInWords } from "@/document/words";
import { DocumentRequestDocument, type DocumentRequestQuery } from "@/gen/graphql";
import { useRefetchWhileVisible } from "@/list/useRefetchWhileVisible";
import { EntityLink } from "@/policy/EntityLink";
import classes from "@/policy/Policy.module.css";
import { DetailLoading, DetailPage } from "@/templates/DetailPage";
import { Panel } from "@/templates/Panel";
import { Moment } from "@/ui/Moment";
import { Empty, Failure } from "@/ui/Said";
import { Events } from "@/workflow/Events";
import type { Lifecycle, PastMoment } from "@/workflow/lifecycle";
import { Lifecycles } from "@/workflow/Lifecycles";
import { NextStep } from "@/workflow/NextStep";
import { TransitionLog } from "@/workflow/TransitionLog";

const route = getRouteApi("/inside/document-requests/$requestId");

type Known = NonNullable<DocumentRequestQuery["documentRequest"]>;

/** One request for documents: what is asked of whom and why, what was handed in, and what can be done. */
export function DocumentRequest() {
  const { requestId } = route.useParams();
  const [{ data, fetching, error }, refetch] = useQuery({ query: DocumentRequestDocument, variables: { id: requestId } });
  const again = () => refetch({ requestPolicy: "network-only" });
  useRefetchWhileVisible(again);
  if (error && !data)
    return (
      <Failure page title="The request could not be loaded" again={again}>
        {errorText(error)}
      </Failure>
    );
  if (!data && fetching) return <DetailLoading noun="request" />;
  if (!data?.documentRequest)
    return (
      <Empty page title="There is no such request for documents">
        <Link to="/document-requests">Go to the list</Link>
      </Empty>
    );
  return <Request key={requestId} of={data.documentRequest} />;
}

function Request({ of }: { of: Known }) {
  const [moment, setMoment] = useState<PastMoment>();
  const lifecycle: Lifecycle = { id: of.id, title: "Request", workflow: of.workflow };
  return (
    <DetailPage
      kind="Documents for"
      number={of.number ?? of.entityId}
      chip={{ label: of.workflowLabel, tone: of.workflowTone, description: of.workflowDescription }}
      figures={figuresOf(of)}
      nextStep={<NextStep lifecycle={lifecycle} />}
      picture={<Lifecycles lifecycles={[lifecycle]} shown={lifecycle} onShow={nothing} moment={moment} />}
      side={
        <>
          <Why of={of} />
          <Events of="documents" lifecycle={lifecycle} />
          {of.workflow.status === "active" ? <HandInLink id={of.id} /> : null}
        </>
      }
      story={
        <>
          <Files of={of} />
          <Panel title="What happened">
            <TransitionLog lifecycles={[lifecycle]} moment={moment} onMoment={setMoment} onShow={nothing} />
          </Panel>
        </>
      }
    />
  );
}

function figuresOf(of: Known) {
  return [
    { label: "Asked for", value: typesInWords(of.types) },
    ...(of.asked ? [{ label: "Of", value: <Asked of={of.asked} /> }] : []),
    { label: "About", value: <EntityLink type={of.entityType} id={of.entityId} label={`${ENTITIES[of.entityType] ?? of.entityType} ${of.number ?? ""}`.trim()} /> },
    { label: "Asked", value: <Moment at={of.requestedAt} /> },
    { label: "Due", value: <Moment at={of.dueAt} /> },
    { label: "Reminders", value: of.reminders > 0 ? `${of.reminded} of ${of.reminders}` : "None" },
    ...(of.round > 1 ? [{ label: "Round", value: of.round }] : []),
  ];
}

function Asked({ of: { name, userId, customerId } }: { of: NonNullable<Known["asked"]> }) {
  if (userId)
    return (
      <Link to="/users/$userId" params={{ userId }}>
        {name}
      </Link>
    );
  if (customerId)
    return (
      <Link to="/customers/$customerId" params={{ customerId }}>
        {name}
      </Link>
    );
  return name;
}

/** Who asks and what was said, with the decision behind it and the cases that have come of it. */
function Why({ of: { policy, policyId, version, executionId, message, endedReason, cases } }: { of: Known }) {
  const mayCases = useMay("case.read") === true;
  return (
    <Panel title="Why">
      <ul className={classes["rows"]}>
        <li>
          {policyId ? (
            <Link to="/policies/$policyId" params={{ policyId }} search={version ? { version: String(version) } : {}}>
              {policy}
              {version ? `, version ${version}` : ""}
            </Link>
          ) : (
            policy
          )}
          {message ? <div>“{message}”</div> : null}
        </li>
        {executionId ? (
          <li>
            <Link to="/executions/$executionId" params={{ executionId }}>
              The decision that asks for them
            </Link>
          </li>
        ) : null}
        {endedReason ? <li>Given up: {endedReason}</li> : null}
        {cases.map(({ id, number, openedAt }) => (
          <li key={id} className={classes["line"]}>
            {mayCases ? (
              <Link to="/cases" search={{ case: id }}>
                Case {number}
              </Link>
            ) : (
              <span>Case {number}</span>
            )}
            <Moment at={openedAt} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function nothing(): void {}
