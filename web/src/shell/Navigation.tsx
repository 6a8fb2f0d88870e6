import { Link } from "@tanstack/react-router";
import { OrdersIcon, QuotationsIcon, WorkIcon } from "@/ui/icons";
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
    </nav>
  );
}
