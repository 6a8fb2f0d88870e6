import { Link } from "@tanstack/react-router";
import classes from "@/system/System.module.css";

/** The parts of the place: what decides, what was decided, what it reads. */
export function PolicyTabs() {
  return (
    <nav className={classes["parts"]} aria-label="Parts of policies">
      <Link to="/policies" className={classes["part"] ?? ""} activeOptions={{ includeSearch: false }}>
        Policies
      </Link>
      <Link to="/executions" className={classes["part"] ?? ""} activeOptions={{ includeSearch: false }}>
        Executions
      </Link>
      <Link to="/lists" className={classes["part"] ?? ""} activeOptions={{ includeSearch: false }}>
        Lists
      </Link>
    </nav>
  );
}
