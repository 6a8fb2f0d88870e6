import { createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { knownPerson, watchPerson } from "./api/session";
import { parseSearch, stringifySearch } from "./list/params";
import { complianceRoutes } from "./routes/compliance";
import { goodsRoutes } from "./routes/goods";
import { inside, root } from "./routes/inside";
import { systemRoutes } from "./routes/system";
import { tradeRoutes } from "./routes/trade";

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>) => ({ ...localTarget(search["to"]) }),
  component: lazyRouteComponent(() => import("./pages/SignIn"), "SignIn"),
});

const home = createRoute({
  getParentRoute: () => inside,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/work", replace: true });
  },
});

const work = createRoute({
  getParentRoute: () => inside,
  path: "/work",
  component: lazyRouteComponent(() => import("./pages/Work"), "Work"),
});

const notifications = createRoute({
  getParentRoute: () => inside,
  path: "/notifications",
  component: lazyRouteComponent(() => import("./pages/Notifications"), "Notifications"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    inside.addChildren([home, work, notifications, ...tradeRoutes, ...goodsRoutes, ...complianceRoutes, systemRoutes]),
  ]),
  parseSearch,
  stringifySearch,
  defaultPreload: "intent",
  scrollRestoration: true,
});

// Somebody signed out, or the session ended: the guards decide again where the page may be.
watchPerson(() => {
  if (!knownPerson()) void router.invalidate();
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

/** Only an address within the console may be returned to. */
function localTarget(to: unknown): { to?: string } {
  return typeof to === "string" && /^\/(?![/\\])/.test(to) ? { to } : {};
}
