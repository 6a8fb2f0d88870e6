import { Link } from "@tanstack/react-router";
import { useQuery } from "urql";
import { useMay } from "@/api/permission";
import { words } from "@/format/word";
import { OrderOverridesDocument, type OverrideEvidenceFragment } from "@/gen/graphql";
import { useOrderChanged } from "@/order/useOrderChanged";
import { Panel } from "@/templates/Panel";
import { Amount } from "@/ui/Amount";
import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";
import classes from "./Override.module.css";
import { TakeBack } from "./TakeBack";

/** What was asked of others for an order, and what became of it; nothing where nothing was. */
export function OrderOverrides({ orderId }: { orderId: string }) {
  return useMay("override.read") === true ? <Known orderId={orderId} /> : null;
}

function Known({ orderId }: { orderId: string }) {
  const [{ data }, refetch] = useQuery({ query: OrderOverridesDocument, variables: { orderId } });
  const again = () => refetch({ requestPolicy: "network-only" });
  useOrderChanged(orderId, again);
  const rows = data?.overrideRequests.edges ?? [];
  if (rows.length === 0) return null;
  return (
    <Panel title="Overrides">
      <ul className={classes["rows"]}>
        {rows.map(({ node }) => (
          <Row key={node.id} request={node} onDone={again} />
        ))}
      </ul>
    </Panel>
  );
}

function Row({ request, onDone }: { request: OverrideEvidenceFragment; onDone: () => void }) {
  const { quorum } = request;
  return (
    <li>
      <span className={classes["line"]}>
        <Link to="/approvals" search={{ request: request.id }}>
          {words(request.kind)} override
        </Link>
        <Chip label={request.workflowLabel} tone={request.workflowTone} description={request.workflowDescription} />
      </span>
      <span className={classes["line"]}>
        <Amount money={request.approvedAmount ?? request.amount} />
        <span className={classes["dim"]}>
          {quorum.approved} of {quorum.approvers} votes · until <Moment at={request.expiresAt} />
        </span>
      </span>
      <span className={classes["dim"]}>
        {request.requestedBy.name}: “{request.reason}”{request.endedReason ? ` · ${request.endedReason}` : ""}
      </span>
      <TakeBack request={request} onDone={onDone} />
    </li>
  );
}
