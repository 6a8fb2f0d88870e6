import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { preloadChart } from "@/chart/preload";
import { parseListParams } from "@/list/params";
import { inside } from "./inside";

const orders = createRoute({
  getParentRoute: () => inside,
  path: "/orders",
  validateSearch: parseListParams,
  component: lazyRouteComponent(() => import("@/pages/Orders"), "Orders"),
});

const newOrder = createRoute({
  getParentRoute: () => inside,
  path: "/orders/new",
  component: lazyRouteComponent(() => import("@/pages/NewOrder"), "NewOrder"),
});

const order = createRoute({
  getParentRoute: () => inside,
  path: "/orders/$orderId",
  validateSearch: (search: Record<string, unknown>): { lifecycle?: string } =>
    typeof search["lifecycle"] === "string" ? { lifecycle: search["lifecycle"] } : {},
  loader: preloadChart,
  component: lazyRouteComponent(() => import("@/pages/Order"), "Order"),
});

const quotations = createRoute({
  getParentRoute: () => inside,
  path: "/quotations",
  validateSearch: parseListParams,
  component: lazyRouteComponent(() => import("@/pages/Quotations"), "Quotations"),
});

const newQuotation = createRoute({
  getParentRoute: () => inside,
  path: "/quotations/new",
  component: lazyRouteComponent(() => import("@/pages/NewQuotation"), "NewQuotation"),
});

const quotation = createRoute({
  getParentRoute: () => inside,
  path: "/quotations/$quotationId",
  loader: preloadChart,
  component: lazyRouteComponent(() => import("@/pages/Quotation"), "Quotation"),
});

const cases = createRoute({
  getParentRoute: () => inside,
  path: "/cases",
  validateSearch: (search: Record<string, unknown>): { state?: string; case?: string } => ({
    ...(search["state"] === "RESOLVED" || search["state"] === "MINE" ? { state: search["state"] } : {}),
    ...(typeof search["case"] === "string" ? { case: search["case"] } : {}),
  }),
  component: lazyRouteComponent(() => import("@/pages/Cases"), "Cases"),
});

const approvals = createRoute({
  getParentRoute: () => inside,
  path: "/approvals",
  validateSearch: (search: Record<string, unknown>): { state?: string; request?: string } => ({
    ...(search["state"] === "ALL" ? { state: "ALL" } : {}),
    ...(typeof search["request"] === "string" ? { request: search["request"] } : {}),
  }),
  component: lazyRouteComponent(() => import("@/pages/Approvals"), "Approvals"),
});

const customers = createRoute({
  getParentRoute: () => inside,
  path: "/customers",
  validateSearch: parseListParams,
  component: lazyRouteComponent(() => import("@/pages/Customers"), "Customers"),
});

const customer = createRoute({
  getParentRoute: () => inside,
  path: "/customers/$customerId",
  validateSearch: (search: Record<string, unknown>): { currency?: string; after?: string } => ({
    ...(typeof search["currency"] === "string" ? { currency: search["currency"] } : {}),
    ...(typeof search["after"] === "string" ? { after: search["after"] } : {}),
  }),
  component: lazyRouteComponent(() => import("@/pages/Customer"), "Customer"),
});

const payments = createRoute({
  getParentRoute: () => inside,
  path: "/payments",
  validateSearch: parseListParams,
  component: lazyRouteComponent(() => import("@/pages/Payments"), "Payments"),
});

/** Quotations, orders, and the money and the questions around them. */
export const tradeRoutes = [
  orders,
  newOrder,
  order,
  quotations,
  newQuotation,
  quotation,
  cases,
  approvals,
  customers,
  customer,
  payments,
] as const;
