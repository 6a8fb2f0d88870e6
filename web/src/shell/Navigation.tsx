import { Link } from "@tanstack/react-router";
import { useMay } from "@/api/permission";
import { useWaitingCases } from "@/case/useWaitingCases";
import { useOpenIncidents } from "@/system/useOpenIncidents";
import { CasesIcon, OrdersIcon, QuotationsIcon, SystemIcon, WorkIcon } from "@/ui/icons";
import classes from "./Shell.module.css";

// By job, in the order of the day. A job gets its place here when its first page exists: no dead links.
const PLACES = [
  { to: "/work", label: "Work", Icon: WorkIcon },
  { to: "/orders", label: "Orders", Icon: OrdersIcon },
  { to: "/quotations", label: "Quotations", Icon: QuotationsIcon },
] as const;

export function Navigation() {
  return (
    <nav className={classes["nav"]} aria-label="Main">
      <Link to="/work" className={classes["home"] ?? ""} aria-label="Orderwright, start page" activeProps={{}}>
        <img src="/icon.svg" width={28} height={28} alt="" />
      </Link>
      {PLACES.map(({ to, label, Icon }) => (
        <Link key={to} to={to} className={classes["place"] ?? ""}>
          <Icon />
          {label}
        </Link>
      ))}
      <CasesPlace />
      <SystemPlace />
    </nav>
  );
}

/** What waits in the queues of this person's roles. */
function CasesPlace() {
  const waiting = useWaitingCases();
  if (useMay("case.read") !== true) return null;
  return (
    <Link to="/cases" className={classes["place"] ?? ""}>
      <span className={classes["marked"]}>
        <CasesIcon />
        {waiting ? (
          <span className={classes["mark"]} title={`Waiting cases: ${waiting.toLocaleString("en")}`}>
            {waiting > 99 ? "99+" : waiting}
            <span className="visuallyHidden"> waiting cases</span>
          </span>
        ) : null}
      </span>
      Cases
    </Link>
  );
}

/** For who looks after the house; it says quietly when something is in trouble. */
function SystemPlace() {
  const open = useOpenIncidents();
  if (useMay("incident.read") !== true) return null;
  return (
    <Link to="/system" className={classes["place"] ?? ""}>
      <span className={classes["marked"]}>
        <SystemIcon />
        {open ? (
          <span className={classes["mark"]} title={`Open incidents: ${open.toLocaleString("en")}`}>
            {open > 99 ? "99+" : open}
            <span className="visuallyHidden"> open incidents</span>
          </span>
        ) : null}
      </span>
      System
    </Link>
  );
}
