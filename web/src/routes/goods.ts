import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { preloadChart } from "@/chart/preload";
import { parseListParams, parseWorkParams } from "@/list/params";
import { inside } from "./inside";

const fulfilments = createRoute({
  getParentRoute: () => inside,
  path: "/fulfilments",
  validateSearch: parseWorkParams,
  component: lazyRouteComponent(() => import("@/pages/Fulfilments"), "Fulfilments"),
});

const fulfilment = createRoute({
  getParentRoute: () => inside,
  path: "/fulfilments/$fulfilmentId",
  loader: preloadChart,
  component: lazyRouteComponent(() => import("@/pages/Fulfilment"), "Fulfilment"),
});

const returns = createRoute({
  getParentRoute: () => inside,
  path: "/returns",
  validateSearch: (search: Record<string, unknown>): { state?: string; return?: string } => ({
    ...(typeof search["state"] === "string" ? { state: search["state"] } : {}),
    ...(typeof search["return"] === "string" ? { return: search["return"] } : {}),
  }),
  component: lazyRouteComponent(() => import("@/pages/Returns"), "Returns"),
});

const stock = createRoute({
  getParentRoute: () => inside,
  path: "/stock",
  validateSearch: parseListParams,
  component: lazyRouteComponent(() => import("@/pages/Stock"), "Stock"),
});

const receiveStock = createRoute({
  getParentRoute: () => inside,
  path: "/stock/receive",
  component: lazyRouteComponent(() => import("@/pages/ReceiveStock"), "ReceiveStock"),
});

const locations = createRoute({
  getParentRoute: () => inside,
  path: "/stock/locations",
  component: lazyRouteComponent(() => import("@/pages/Locations"), "Locations"),
});

const shelf = createRoute({
  getParentRoute: () => inside,
  path: "/stock/$location/$sku",
  validateSearch: (search: Record<string, unknown>): { after?: string } =>
    typeof search["after"] === "string" ? { after: search["after"] } : {},
  component: lazyRouteComponent(() => import("@/pages/Shelf"), "Shelf"),
});

/** What lies on the shelves, and what leaves and comes back. */
export const goodsRoutes = [
  fulfilments,
  fulfilment,
  returns,
  stock,
  receiveStock,
  locations,
  shelf,
] as const;
