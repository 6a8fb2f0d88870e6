import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { lineChoices } from "@/fulfilment/lineChoices";
import { PackageLines } from "@/fulfilment/PackageLines";
import { FulfilmentDocument, type FulfilmentQuery } from "@/gen/graphql";
import { useRefetchOnFocus } from "@/list/useRefetchOnFocus";
import { useOrderChanged } from "@/order/useOrderChanged";
import { openReturn } from "@/returning/openReturn";
import { ReturnsOf } from "@/returning/ReturnsOf";
import { LocationName } from "@/stock/LocationName";
import { DetailLoading, DetailPage } from "@/templates/DetailPage";
import { Panel } from "@/templates/Panel";
import { Moment } from "@/ui/Moment";
import { Empty, Failure } from "@/ui/Said";
import { Events } from "@/workflow/Events";
import type { Lifecycle, PastMoment } from "@/workflow/lifecycle";
import { Lifecycles } from "@/workflow/Lifecycles";
import { NextStep } from "@/workflow/NextStep";
import { TransitionLog } from "@/workflow/TransitionLog";

const route = getRouteApi("/inside/fulfilments/$fulfilmentId");

/** One fulfilment: its goods, the package, what happened, what can be done. */
export function Fulfilment() {
  const { fulfilmentId } = route.useParams();
  const [{ data, fetching, error }, reexecute] = useQuery({ query: FulfilmentDocument, variables: { id: fulfilmentId } });
  const refetch = () => reexecute({ requestPolicy: "network-only" });
  useOrderChanged(data?.fulfilment?.orderId, refetch);
  useRefetchOnFocus(refetch);
  if (error && !data?.fulfilment)
    return (
      <Failure page title="The fulfilment could not be loaded" again={refetch}>
        {errorText(error)}
      </Failure>
    );
  if (!data && fetching) return <DetailLoading noun="fulfilment" />;
  if (!data?.fulfilment || !data.fulfilmentWorkflow)
    return (
      <Empty page title="There is no such fulfilment">
        <Link to="/fulfilments">Go to the list of fulfilments</Link>
      </Empty>
    );
  return <Known key={fulfilmentId} fulfilment={data.fulfilment} workflow={data.fulfilmentWorkflow} />;
}

type KnownProps = {
  fulfilment: NonNullable<FulfilmentQuery["fulfilment"]>;
  workflow: NonNullable<FulfilmentQuery["fulfilmentWorkflow"]>;
};

function Known({ fulfilment, workflow }: KnownProps) {
  const [moment, setMoment] = useState<PastMoment>();
  const choices = useMemo(() => lineChoices(fulfilment.lines), [fulfilment.lines]);
  const lifecycle: Lifecycle = { id: fulfilment.id, title: fulfilment.number, workflow };
  return (
    <DetailPage
      kind="Fulfilment"
      number={fulfilment.number}
      chip={{
        label: fulfilment.workflowLabel,
        tone: fulfilment.workflowTone,
        description: fulfilment.workflowDescription,
      }}
      figures={figuresOf(fulfilment)}
      nextStep={<NextStep lifecycle={lifecycle} />}
      picture={<Lifecycles lifecycles={[lifecycle]} shown={lifecycle} onShow={nothing} moment={moment} />}
      side={<Events of="fulfilment" lifecycle={lifecycle} choices={choices} added={openReturn(workflow.context)} />}
      story={
        <>
          <PackageLines lines={fulfilment.lines} />
          <ReturnsOf fulfilmentId={fulfilment.id} orderId={fulfilment.orderId} />
          <Panel title="What happened">
            <TransitionLog lifecycles={[lifecycle]} moment={moment} onMoment={setMoment} onShow={nothing} />
          </Panel>
        </>
      }
    />
  );
}

// There is one lifecycle, and it is shown.
const nothing = () => undefined;

function figuresOf(one: KnownProps["fulfilment"]) {
  return [
    { label: "Order", value: <OrderLink id={one.orderId} number={one.order.number} /> },
    { label: "Location", value: <LocationName id={one.location} /> },
    { label: "Carrier", value: one.carrier ?? "\u2013" },
    { label: "Tracking", value: one.tracking ?? "\u2013" },
    { label: "Failed deliveries", value: one.deliveryAttempts },
    { label: "Created", value: <Moment at={one.createdAt} /> },
    { label: "Shipped", value: one.shippedAt ? <Moment at={one.shippedAt} /> : "\u2013" },
    { label: "Delivered", value: one.deliveredAt ? <Moment at={one.deliveredAt} /> : "\u2013" },
  ];
}

function OrderLink({ id, number }: { id: string; number: string }) {
  return (
    <Link to="/orders/$orderId" params={{ orderId: id }}>
      {number}
    </Link>
  );
}
