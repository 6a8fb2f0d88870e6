import { Outlet, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { Bell } from "@/notification/Bell";
import { ConnectionNotice } from "./ConnectionNotice";
import { GlobalSearch } from "./GlobalSearch";
import { Navigation } from "./Navigation";
import { PersonMenu } from "./PersonMenu";
import { SchemeSwitch } from "./SchemeSwitch";
import classes from "./Shell.module.css";

/** What stays while pages change: navigation by job, the search, the person. */
export function Shell() {
  useFocusOnNewPage();
  return (
    <div className={classes["shell"]}>
      <a className={classes["skip"]} href="#main">
        Skip to content
      </a>
      <Navigation />
      <header className={classes["bar"]}>
        <GlobalSearch />
        <ConnectionNotice />
        <Bell />
        <SchemeSwitch />
        <PersonMenu />
      </header>
      <main id="main" className={classes["main"]} tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  );
}

/** The link that led to a new page may be gone with the old one: the focus then goes on in the new one. */
function useFocusOnNewPage(): void {
  const router = useRouter();
  useEffect(
    () =>
      router.subscribe("onRendered", ({ pathChanged }) => {
        if (!pathChanged || document.activeElement !== document.body) return;
        document.getElementById("main")?.focus({ preventScroll: true });
      }),
    [router],
  );
}
