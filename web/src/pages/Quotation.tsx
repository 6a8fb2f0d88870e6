import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import type { Inputs } from "@/form/value";
import { words } from "@/format/word";
import { QuotationDocument, type QuotationQuery } from "@/gen/graphql";
import { useRefetchOnFocus } from "@/list/useRefetchOnFocus";
import { useRefetchWhileVisible } from "@/list/useRefetchWhileVisible";
import { Lines } from "@/order/Lines";
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

const route = getRouteApi("/inside/quotations/$quotationId");

/** One quotation: its terms, what happened, what can be done. */
export function Quotation() {
  const { quotationId } = route.useParams();
  const [{ data, fetching, error }, reexecute] = useQuery({ query: QuotationDocument, variables: { id: quotationId } });
  const refetch = () => reexecute({ requestPolicy: "network-only" });
  useRefetchOnFocus(refetch);
  useRefetchWhileVisible(refetch);
  if (error && !data?.quotation)
    return (
      <Failure page title="The quotation could not be loaded" again={refetch}>
        {errorText(error)}
      </Failure>
    );
  if (!data && fetching) return <DetailLoading noun="quotation" />;
  if (!data?.quotation || !data.quotationWorkflow)
    return (
      <Empty page title="There is no such quotation">
        <Link to="/quotations">Go to the list of quotations</Link>
      </Empty>
    );
  return <Known key={quotationId} quotation={data.quotation} workflow={data.quotationWorkflow} />;
}

type KnownProps = {
  quotation: NonNullable<QuotationQuery["quotation"]>;
  workflow: NonNullable<QuotationQuery["quotationWorkflow"]>;
};

function Known({ quotation, workflow }: KnownProps) {
  const [moment, setMoment] = useState<PastMoment>();
  const lifecycle: Lifecycle = { id: quotation.id, title: "Quotation", workflow };
  return (
    <DetailPage
      kind="Quotation"
      number={quotation.number}
      chip={{
        label: quotation.workflowLabel,
        tone: quotation.workflowTone,
        description: quotation.workflowDescription,
      }}
      figures={figuresOf(quotation)}
      nextStep={<NextStep lifecycle={lifecycle} />}
      picture={<Lifecycles lifecycles={[lifecycle]} shown={lifecycle} onShow={nothing} moment={moment} />}
      side={<Events of="quotation" lifecycle={lifecycle} known={knownOf(quotation)} />}
      story={
        <>
          <Panel title="What happened">
            <TransitionLog lifecycles={[lifecycle]} moment={moment} onMoment={setMoment} onShow={nothing} />
          </Panel>
          <Lines lines={quotation.lines} shipping={quotation.shipping} total={quotation.total} />
        </>
      }
    />
  );
}

/** What the forms ask for and the page shows: an approval is of this version, an edit starts from these lines. */
function knownOf({ version, lines, shipping }: KnownProps["quotation"]): Inputs {
  return {
    version: String(version),
    shipping: shipping.amount,
    lines: lines.map(({ sku, name, quantity, unitPrice, discount, tax }) => ({
      sku,
      name,
      quantity: String(quantity),
      unitPrice: unitPrice.amount,
      discount: discount.amount,
      tax: tax.amount,
    })),
  };
}

// There is one lifecycle, and it is shown.
const nothing = () => undefined;

function figuresOf(quotation: KnownProps["quotation"]) {
  return [
    { label: "Customer", value: quotation.customer.name },
    { label: "Total", value: <Amount money={quotation.total} /> },
    { label: "Version", value: quotation.version },
    { label: "Channel", value: words(quotation.channel) },
    { label: "Created", value: <Moment at={quotation.createdAt} /> },
    { label: "Valid until", value: quotation.validUntil ? <Moment at={quotation.validUntil} /> : "\u2013" },
    { label: "Order", value: quotation.orderId ? <OrderLink id={quotation.orderId} /> : "None yet" },
  ];
}

function OrderLink({ id }: { id: string }) {
  return (
    <Link to="/orders/$orderId" params={{ orderId: id }}>
      Open the order
    </Link>
  );
}
