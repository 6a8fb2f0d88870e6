import { Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { words } from "@/format/word";
import { OverrideDocument, type OverrideQuery } from "@/gen/graphql";
import { useRefetchWhileVisible } from "@/list/useRefetchWhileVisible";
import { Panel } from "@/templates/Panel";
import { Amount } from "@/ui/Amount";
import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";
import { Failure } from "@/ui/Said";
import { Reasons } from "@/workflow/Reasons";
import { Decide } from "./Decide";
import classes from "./Override.module.css";
import { TakeBack } from "./TakeBack";
import { Votes } from "./Votes";

type Request = NonNullable<OverrideQuery["overrideRequest"]>;
type Props = {
  id: string;
  takesFocus: boolean;
  onDecided: (number: string) => void;
  /** Shown where the request is no override: one that was decided is in no queue that could tell. */
  otherwise: ReactNode;
};

/** One request with its evidence: what is asked for, why the order is not cleared, who has voted, who may. */
export function OverrideDetail({ id, takesFocus, onDecided, otherwise }: Props) {
  const [{ data, error }, refetch] = useQuery({ query: OverrideDocument, variables: { id } });
  const again = () => refetch({ requestPolicy: "network-only" });
  useRefetchWhileVisible(again);
  if (error && !data)
    return (
      <Failure title="The request could not be loaded" again={again}>
        {errorText(error)}
      </Failure>
    );
  if (!data) return <p role="status">Loading the request</p>;
  if (!data.overrideRequest) return otherwise;
  const request = data.overrideRequest;
  return (
    <article className={classes["detail"]} aria-label={`Request on ${request.order.number}`}>
      <Head request={request} takesFocus={takesFocus} />
      <Decide
        key={`decide ${request.id}`}
        request={request}
        onVoted={(isDecided) => {
          if (isDecided) onDecided(request.order.number);
          again();
        }}
      />
      <TakeBack request={request} onDone={again} />
      <Evidence request={request} />
    </article>
  );
}

function Head({ request, takesFocus }: { request: Request; takesFocus: boolean }) {
  const { order } = request;
  return (
    <header className={classes["head"]}>
      <div className={classes["line"]}>
        <Title order={2} size="h4" tabIndex={-1} ref={(node) => void (takesFocus && node?.focus())}>
          {words(request.kind)} override · <Link to="/orders/$orderId" params={{ orderId: order.id }}>{order.number}</Link>
        </Title>
        <Chip label={request.workflowLabel} tone={request.workflowTone} description={request.workflowDescription} />
      </div>
      <dl className={classes["figures"]}>
        {[
          { name: "Asked for", value: <Amount money={request.amount} /> },
          ...(request.approvedAmount ? [{ name: "Approved", value: <Amount money={request.approvedAmount} /> }] : []),
          { name: "Customer", value: order.customer.name },
          { name: "Grand total", value: <Amount money={order.grandTotal} /> },
          { name: "Captured", value: <Amount money={order.captured} /> },
          { name: "Outstanding", value: <Amount money={order.outstanding} /> },
          { name: "Asked by", value: request.requestedBy.name },
          { name: "Asked", value: <Moment at={request.requestedAt} /> },
          { name: request.workflowState === "APPROVED" ? "Holds until" : "To decide until", value: <Moment at={request.expiresAt} /> },
        ].map(({ name, value }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p className={classes["why"]}>“{request.reason}”</p>
      {request.endedReason ? <p className={classes["dim"]}>Ended: {request.endedReason}</p> : null}
    </header>
  );
}

function Evidence({ request }: { request: Request }) {
  const { order, orderWorkflow } = request;
  return (
    <>
      <Panel title="Votes">
        <div className={classes["body"]}>
          <Votes request={request} />
        </div>
      </Panel>
      <Panel title="Why the order is not cleared">
        <div className={classes["body"]}>
          <Chip label={order.workflowLabel} tone={order.workflowTone} description={order.workflowDescription} />
          {orderWorkflow.waitingFor.length > 0 ? (
            <Reasons reasons={orderWorkflow.waitingFor} />
          ) : (
            <p className={classes["dim"]}>Nothing stands in its way.</p>
          )}
        </div>
      </Panel>
    </>
  );
}
