import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { OrderQuery } from "@/gen/graphql";
import { Chip } from "@/ui/Chip";
import { ArrowIcon } from "@/ui/icons";
import classes from "./Phases.module.css";

type Order = NonNullable<OrderQuery["order"]>;

/** The way of the trade: quotation, sale, fulfilments; each leads to its place. */
export function Phases({ order }: { order: Order }) {
  return (
    <nav className={classes["phases"]} aria-label="Phases">
      <Phase name="Quotation">{order.quotation ? <QuotationLink quotation={order.quotation} /> : <None>Direct order</None>}</Phase>
      <ArrowIcon />
      <Phase name="Sale">
        <Link to="/orders/$orderId" params={{ orderId: order.id }} search={{}} activeOptions={{ includeSearch: true, exact: true }}>
          {order.number}
        </Link>
        <Chip label={order.workflowLabel} tone={order.workflowTone} description={order.workflowDescription} />
      </Phase>
      <ArrowIcon />
      <Phase name="Fulfilment">
        {order.fulfilments.length === 0 ? <None>Not yet</None> : null}
        {order.fulfilments.map((one) => (
          <span key={one.id} className={classes["thing"]}>
            <Link to="/orders/$orderId" params={{ orderId: order.id }} search={{ lifecycle: one.id }}>
              {one.number}
            </Link>
            <Chip label={one.workflowLabel} tone={one.workflowTone} description={one.workflowDescription} />
          </span>
        ))}
      </Phase>
    </nav>
  );
}

function QuotationLink({ quotation }: { quotation: NonNullable<Order["quotation"]> }) {
  return (
    <>
      <Link to="/quotations/$quotationId" params={{ quotationId: quotation.id }}>
        {quotation.number}
      </Link>
      <Chip label={quotation.workflowLabel} tone={quotation.workflowTone} />
    </>
  );
}

function Phase({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={classes["phase"]}>
      <span className={classes["name"]}>{name}</span>
      <span className={classes["things"]}>{children}</span>
    </div>
  );
}

function None({ children }: { children: ReactNode }) {
  return <span className={classes["none"]}>{children}</span>;
}
