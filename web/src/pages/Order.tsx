import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { errorText } from "@/api/client";
import { OrderCases } from "@/case/OrderCases";
import { OrderHolds } from "@/compliance/OrderHolds";
import { CreditPanel } from "@/credit/CreditPanel";
import { isZero } from "@/format/money";
import { words } from "@/format/word";
import { Lines } from "@/order/Lines";
import { Phases } from "@/order/Phases";
import { useFulfilments } from "@/order/useFulfilments";
import { useLiveOrder } from "@/order/useLiveOrder";
import { OrderOverrides } from "@/override/OrderOverrides";
import { Payments } from "@/payment/Payments";
import { PoliciesOn } from "@/policy/PoliciesOn";
import { openReturn } from "@/returning/openReturn";
import { DetailLoading, DetailPage } from "@/templates/DetailPage";
import { Panel } from "@/templates/Panel";
import { Amount } from "@/ui/Amount";
import { Moment } from "@/ui/Moment";
import { Empty, Failure } from "@/ui/Said";
import { Events } from "@/workflow/Events";
import type { Lifecycle, PastMoment } from "@/workflow/lifecycle";
import { Lifecycles } from "@/workflow/Lifecycles";
import { NextStep } from "@/workflow/NextStep";
import { TransitionLog } from "@/workflow/TransitionLog";

const route = getRouteApi("/inside/orders/$orderId");

/** One order: where it stands, what happened, what can be done. */
export function Order() {
  const { orderId } = route.useParams();
  const { data, fetching, error, refetch } = useLiveOrder(orderId);
  if (error && !data?.order)
    return (
      <Failure page title="The order could not be loaded" again={refetch}>
        {errorText(error)}
      </Failure>
    );
  if (!data && fetching) return <DetailLoading noun="order" />;
  if (!data?.order || !data.saleWorkflow)
    return (
      <Empty page title="There is no such order">
        <Link to="/orders">Go to the list of orders</Link>
      </Empty>
    );
  return <Known key={orderId} order={data.order} sale={data.saleWorkflow} />;
}

type Answer = NonNullable<ReturnType<typeof useLiveOrder>["data"]>;
type KnownProps = { order: NonNullable<Answer["order"]>; sale: NonNullable<Answer["saleWorkflow"]> };

function Known({ order, sale }: KnownProps) {
  const { lifecycle: chosen } = route.useSearch();
  const navigate = route.useNavigate();
  const [moment, setMoment] = useState<PastMoment>();
  const saleLifecycle: Lifecycle = { id: order.id, title: "Sale", workflow: sale };
  const lifecycles = [saleLifecycle, ...useFulfilments(order.fulfilments)];
  const shown = lifecycles.find((one) => one.id === chosen) ?? saleLifecycle;
  const show = (id: string) => void navigate({ search: id === order.id ? {} : { lifecycle: id }, replace: true, resetScroll: false });
  return (
    <DetailPage
      kind="Order"
      number={order.number}
      chip={{ label: order.workflowLabel, tone: order.workflowTone, description: order.workflowDescription }}
      figures={[
        { label: "Customer", value: order.customer.name },
        { label: "Grand total", value: <Amount money={order.grandTotal} /> },
        { label: "Captured", value: <Amount money={order.captured} /> },
        { label: "Outstanding", value: <Amount money={order.outstanding} dim={isZero(order.outstanding)} /> },
        ...(order.due.amount === order.grandTotal.amount ? [] : [{ label: "Due", value: <Amount money={order.due} /> }]),
        { label: "Channel", value: words(order.channel) },
        { label: "Placed", value: <Moment at={order.placedAt} /> },
      ]}
      nextStep={<NextStep lifecycle={shown} />}
      phases={<Phases order={order} />}
      picture={<Lifecycles lifecycles={lifecycles} shown={shown} onShow={show} moment={moment} />}
      side={
        <>
          <OrderHolds orderId={order.id} context={sale.context} />
          <Events
            key={shown.id}
            of={shown === saleLifecycle ? "sale" : "fulfilment"}
            lifecycle={shown}
            added={openReturn(shown.workflow.context)}
          />
          {shown === saleLifecycle ? null : <OwnPage fulfilmentId={shown.id} />}
          <PoliciesOn entity="Order" id={order.id} />
          <OrderCases orderId={order.id} />
          <OrderOverrides orderId={order.id} />
          <CreditPanel key={sale.version} orderId={order.id} />
        </>
      }
      story={
        <>
          <Panel title="What happened">
            <TransitionLog lifecycles={lifecycles} moment={moment} onMoment={setMoment} onShow={show} />
          </Panel>
          <Payments orderId={order.id} channel={order.channel} outstanding={order.outstanding} lines={order.lines} />
          <Lines lines={order.lines} shipping={order.shipping} total={order.grandTotal} />
        </>
      }
    />
  );
}

function OwnPage({ fulfilmentId }: { fulfilmentId: string }) {
  return (
    <Panel title="Goods" padded>
      <Link to="/fulfilments/$fulfilmentId" params={{ fulfilmentId }}>
        Lines, stock and returns of this fulfilment
      </Link>
    </Panel>
  );
}
