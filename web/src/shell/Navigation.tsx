import { Link } from "@tanstack/react-router";
import { useMay } from "@/api/permission";
import { useOpenIncidents } from "@/system/useOpenIncidents";
import { OrdersIcon, PaymentsIcon, QuotationsIcon, SystemIcon, WorkIcon } from "@/ui/icons";
import classes from "./Shell.module.css";

// By job, in the order of the day. A job gets its place here when its first page exists: no dead links.
const PLACES = [
  { to: "/work", label: "Work", Icon: WorkIcon },
  { to: "/orders", label: "Orders", Icon: OrdersIcon },
  { to: "/quotations", label: "Quotations", Icon: QuotationsIcon },
  { to: "/payments", label: "Payments", Icon: PaymentsIcon },
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
      <SystemPlace />
    </nav>
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
