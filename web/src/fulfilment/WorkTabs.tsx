import { Link } from "@tanstack/react-router";
import { KINDS } from "./work";
import classes from "./WorkTabs.module.css";

/** All fulfilments, or those that wait for a kind of work. */
export function WorkTabs({ chosen }: { chosen: string | undefined }) {
  return (
    <nav className={classes["tabs"]} aria-label="Kinds of work">
      {[{ key: undefined, label: "All" }, ...KINDS].map(({ key, label }) => (
        <Link
          key={label}
          to="/fulfilments"
          search={key ? { work: key } : {}}
          className={classes["tab"] ?? ""}
          activeProps={{}}
          aria-current={key === chosen ? "page" : undefined}
          data-chosen={key === chosen || undefined}
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
