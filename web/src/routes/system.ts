import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { parseListParams } from "@/list/params";
import { inside } from "./inside";

const system = createRoute({
  getParentRoute: () => inside,
  path: "/system",
  component: lazyRouteComponent(() => import("@/pages/System"), "System"),
});

const systemHome = createRoute({
  getParentRoute: () => system,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/system/incidents", replace: true });
  },
});

const incidents = createRoute({
  getParentRoute: () => system,
  path: "/incidents",
  validateSearch: parseListParams,
  component: lazyRouteComponent(() => import("@/system/Incidents"), "Incidents"),
});

const deadLetters = createRoute({
  getParentRoute: () => system,
  path: "/dead-letters",
  validateSearch: parseListParams,
  component: lazyRouteComponent(() => import("@/system/DeadLetters"), "DeadLetters"),
});

const events = createRoute({
  getParentRoute: () => system,
  path: "/events",
  validateSearch: parseListParams,
  component: lazyRouteComponent(() => import("@/system/Events"), "Events"),
});

const webhooks = createRoute({
  getParentRoute: () => system,
  path: "/webhooks",
  component: lazyRouteComponent(() => import("@/system/Webhooks"), "Webhooks"),
});

const settings = createRoute({
  getParentRoute: () => system,
  path: "/settings",
  component: lazyRouteComponent(() => import("@/system/Settings"), "Settings"),
});

const tokens = createRoute({
  getParentRoute: () => system,
  path: "/tokens",
  component: lazyRouteComponent(() => import("@/system/Tokens"), "Tokens"),
});

/** How the house itself does. */
export const systemRoutes = system.addChildren([systemHome, incidents, deadLetters, events, webhooks, tokens, settings]);
