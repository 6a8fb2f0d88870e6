import { Outlet } from "@tanstack/react-router";
import { ConnectionNotice } from "./ConnectionNotice";
import { GlobalSearch } from "./GlobalSearch";
import { Navigation } from "./Navigation";
import { PersonMenu } from "./PersonMenu";
import { SchemeSwitch } from "./SchemeSwitch";
import classes from "./Shell.module.css";

/** What stays while pages change: navigation by job, the search, the person. */
export function Shell() {
  return (
    <div className={classes["shell"]}>
      <a className={classes["skip"]} href="#main">
        Skip to content
      </a>
      <Navigation />
      <header className={classes["bar"]}>
        <GlobalSearch />
        <ConnectionNotice />
        <SchemeSwitch />
        <PersonMenu />
      </header>
      <main id="main" className={classes["main"]} tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  );
}
