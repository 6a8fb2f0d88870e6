import { Link, useLocation } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useMay } from "@/api/permission";
import { useWaitingCases } from "@/case/useWaitingCases";
import { usePendingOverrides } from "@/override/usePendingOverrides";
import { useOpenIncidents } from "@/system/useOpenIncidents";
import { ApprovalsIcon, CasesIcon, ComplianceIcon, CustomersIcon, FulfilmentIcon, OrdersIcon, PaymentsIcon, PoliciesIcon, QuotationsIcon, ReturnsIcon, StockIcon, SystemIcon, WorkIcon } from "@/ui/icons";
import classes from "./Shell.module.css";

// By job, in the order of the day. A job gets its place here when its first page exists: no dead links.
export function Navigation() {
  return (
    <nav className={classes["nav"]} aria-label="Main">
      <Link to="/work" className={classes["home"] ?? ""} aria-label="Orderwright, start page" activeProps={{}}>
        <img src="/icon.svg" width={28} height={28} alt="" />
      </Link>
      <Place to="/work" label="Work" icon={<WorkIcon />} />
      <Place to="/orders" label="Orders" icon={<OrdersIcon />} />
      <Place to="/quotations" label="Quotations" icon={<QuotationsIcon />} />
      <Cases />
      <Approvals />
      <Payments />
      <Goods />
      <Compliance />
      <Policies />
      <Customers />
      <System />
    </nav>
  );
}

/** What waits in the queues of this person's roles. */
function Cases() {
  const waiting = useWaitingCases();
  if (useMay("case.read") !== true) return null;
  return <Place to="/cases" label="Cases" icon={<CasesIcon />} mark={{ count: waiting, noun: "waiting cases" }} />;
}

/** What waits for a decision, for who may vote. */
function Approvals() {
  const pending = usePendingOverrides();
  const mayOthers = useMay("approval.read") === true;
  if (useMay("override.read") !== true && !mayOthers) return null;
  return <Place to="/approvals" label="Approvals" icon={<ApprovalsIcon />} mark={{ count: pending, noun: "pending approvals" }} />;
}

function Payments() {
  if (useMay("payment.read") !== true) return null;
  return <Place to="/payments" label="Payments" icon={<PaymentsIcon />} />;
}

/** The work of the warehouse, for the house. */
function Goods() {
  if (useMay("stock.read") !== true) return null;
  return (
    <>
      <Place to="/fulfilments" label="Fulfilment" icon={<FulfilmentIcon />} />
      <Place to="/returns" label="Returns" icon={<ReturnsIcon />} />
      <Place to="/stock" label="Stock" icon={<StockIcon />} />
    </>
  );
}

/** What policies decide on beside orders. */
function Compliance() {
  if (useMay("payin.read") !== true) return null;
  return <Place to="/pay-ins" also={COMPLIANCE} label="Compliance" icon={<ComplianceIcon />} />;
}

function Policies() {
  if (useMay("policy.read") !== true) return null;
  return <Place to="/policies" also={POLICIES} label="Policies" icon={<PoliciesIcon />} />;
}

const COMPLIANCE = ["/pay-outs", "/kyc", "/document-requests", "/users"];
const POLICIES = ["/executions", "/lists"];

/** For who may see what customers owe. */
function Customers() {
  if (useMay("credit.read") !== true) return null;
  return <Place to="/customers" label="Customers" icon={<CustomersIcon />} />;
}

/** For who looks after the house; it says quietly when something is in trouble. */
function System() {
  const open = useOpenIncidents();
  if (useMay("incident.read") !== true) return null;
  return <Place to="/system" label="System" icon={<SystemIcon />} mark={{ count: open, noun: "open incidents" }} />;
}

type PlaceProps = {
  to: "/work" | "/orders" | "/quotations" | "/cases" | "/approvals" | "/payments" | "/fulfilments" | "/returns" | "/stock" | "/customers" | "/pay-ins" | "/policies" | "/system";
  /** Other parts of the same place. */
  also?: readonly string[];
  label: string;
  icon: ReactNode;
  mark?: { count: number | undefined; noun: string };
};

function Place({ to, also, label, icon, mark }: PlaceProps) {
  const isWithin = useLocation({ select: ({ pathname }) => also?.some((part) => pathname.startsWith(part)) === true });
  return (
    <Link to={to} className={classes["place"] ?? ""} {...(isWithin ? { "data-status": "active" } : {})}>
      {mark ? (
        <span className={classes["marked"]}>
          {icon}
          <Mark {...mark} />
        </span>
      ) : (
        icon
      )}
      {label}
    </Link>
  );
}

function Mark({ count, noun }: { count: number | undefined; noun: string }) {
  if (!count) return null;
  return (
    <span className={classes["mark"]} title={`${noun[0]?.toUpperCase()}${noun.slice(1)}: ${count.toLocaleString("en")}`}>
      {count > 99 ? "99+" : count}
      <span className="visuallyHidden"> {noun}</span>
    </span>
  );
}
