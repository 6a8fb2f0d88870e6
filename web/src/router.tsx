import {
  createRootRoute,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { currentPerson, knownPerson, watchPerson } from "./api/session";
import { preloadChart } from "./chart/preload";
import { parseAboutParams, parseListParams, parseSearch, parseWorkParams, stringifySearch } from "./list/params";
import { parseExecutionParams } from "./policy/executionParams";
import { Shell } from "./shell/Shell";
import { Failure } from "./ui/Said";

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: Broken });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search: Record<string, unknown>) => ({ ...localTarget(search["to"]) }),
  component: lazyRouteComponent(() => import("./pages/SignIn"), "SignIn"),
});

/** Everything behind the sign-in; the address asked for is kept. */
const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  component: Shell,
  beforeLoad: async ({ location }) => {
    if (await currentPerson()) return;
    throw redirect({ to: "/sign-in", search: location.href === "/" ? {} : { to: location.href } });
  },
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

const orders = createRoute({
  getParentRoute: () => inside,
  path: "/orders",
  validateSearch: parseListParams,
  component: lazyRouteComponent(() => import("./pages/Orders"), "Orders"),
});

const newOrder = createRoute({
  getParentRoute: () => inside,
  path: "/orders/new",
  component: lazyRouteComponent(() => import("./pages/NewOrder"), "NewOrder"),
});

const order = createRoute({
  getParentRoute: () => inside,
  path: "/orders/$orderId",
  validateSearch: (search: Record<string, unknown>): { lifecycle?: string } =>
    typeof search["lifecycle"] === "string" ? { lifecycle: search["lifecycle"] } : {},
  loader: preloadChart,
  component: lazyRouteComponent(() => import("./pages/Order"), "Order"),
});

const quotations = createRoute({
  getParentRoute: () => inside,
  path: "/quotations",
  validateSearch: parseListParams,
  component: lazyRouteComponent(() => import("./pages/Quotations"), "Quotations"),
});

const newQuotation = createRoute({
  getParentRoute: () => inside,
  path: "/quotations/new",
  component: lazyRouteComponent(() => import("./pages/NewQuotation"), "NewQuotation"),
});

const quotation = createRoute({
  getParentRoute: () => inside,
  path: "/quotations/$quotationId",
  loader: preloadChart,
  component: lazyRouteComponent(() => import("./pages/Quotation"), "Quotation"),
});

const cases = createRoute({
  getParentRoute: () => inside,
  path: "/cases",
  validateSearch: (search: Record<string, unknown>): { state?: string; case?: string } => ({
    ...(search["state"] === "RESOLVED" || search["state"] === "MINE" ? { state: search["state"] } : {}),
    ...(typeof search["case"] === "string" ? { case: search["case"] } : {}),
  }),
  component: lazyRouteComponent(() => import("./pages/Cases"), "Cases"),
});

const approvals = createRoute({
  getParentRoute: () => inside,
  path: "/approvals",
  validateSearch: (search: Record<string, unknown>): { state?: string; request?: string } => ({
    ...(search["state"] === "ALL" ? { state: "ALL" } : {}),
    ...(typeof search["request"] === "string" ? { request: search["request"] } : {}),
  }),
  component: lazyRouteComponent(() => import("./pages/Approvals"), "Approvals"),
});

const customers = createRoute({
  getParentRoute: () => inside,
  path: "/customers",
  validateSearch: parseListParams,
  component: lazyRouteComponent(() => import("./pages/Customers"), "Customers"),
});

const customer = createRoute({
  getParentRoute: () => inside,
  path: "/customers/$customerId",
  validateSearch: (search: Record<string, unknown>): { currency?: string; after?: string } => ({
    ...(typeof search["currency"] === "string" ? { currency: search["currency"] } : {}),
    ...(typeof search["after"] === "string" ? { after: search["after"] } : {}),
  }),
  component: lazyRouteComponent(() => import("./pages/Customer"), "Customer"),
});

const payments = createRoute({
  getParentRoute: () => inside,
  path: "/payments",
  validateSearch: parseListParams,
  component: lazyRouteComponent(() => import("./pages/Payments"), "Payments"),
});

const notifications = createRoute({
  getParentRoute: () => inside,
  path: "/notifications",
  component: lazyRouteComponent(() => import("./pages/Notifications"), "Notifications"),
});

const fulfilments = createRoute({
  getParentRoute: () => inside,
  path: "/fulfilments",
  validateSearch: parseWorkParams,
  component: lazyRouteComponent(() => import("./pages/Fulfilments"), "Fulfilments"),
});

const fulfilment = createRoute({
  getParentRoute: () => inside,
  path: "/fulfilments/$fulfilmentId",
  loader: preloadChart,
  component: lazyRouteComponent(() => import("./pages/Fulfilment"), "Fulfilment"),
});

const returns = createRoute({
  getParentRoute: () => inside,
  path: "/returns",
  validateSearch: (search: Record<string, unknown>): { state?: string; return?: string } => ({
    ...(typeof search["state"] === "string" ? { state: search["state"] } : {}),
    ...(typeof search["return"] === "string" ? { return: search["return"] } : {}),
  }),
  component: lazyRouteComponent(() => import("./pages/Returns"), "Returns"),
});

const stock = createRoute({
  getParentRoute: () => inside,
  path: "/stock",
  validateSearch: parseListParams,
  component: lazyRouteComponent(() => import("./pages/Stock"), "Stock"),
});

const receiveStock = createRoute({
  getParentRoute: () => inside,
  path: "/stock/receive",
  component: lazyRouteComponent(() => import("./pages/ReceiveStock"), "ReceiveStock"),
});

const locations = createRoute({
  getParentRoute: () => inside,
  path: "/stock/locations",
  component: lazyRouteComponent(() => import("./pages/Locations"), "Locations"),
});

const shelf = createRoute({
  getParentRoute: () => inside,
  path: "/stock/$location/$sku",
  validateSearch: (search: Record<string, unknown>): { after?: string } =>
    typeof search["after"] === "string" ? { after: search["after"] } : {},
  component: lazyRouteComponent(() => import("./pages/Shelf"), "Shelf"),
});

const system = createRoute({
  getParentRoute: () => inside,
  path: "/system",
  component: lazyRouteComponent(() => import("./pages/System"), "System"),
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
  component: lazyRouteComponent(() => import("./system/Incidents"), "Incidents"),
});

const deadLetters = createRoute({
  getParentRoute: () => system,
  path: "/dead-letters",
  validateSearch: parseListParams,
  component: lazyRouteComponent(() => import("./system/DeadLetters"), "DeadLetters"),
});

const events = createRoute({
  getParentRoute: () => system,
  path: "/events",
  validateSearch: parseListParams,
  component: lazyRouteComponent(() => import("./system/Events"), "Events"),
});

const webhooks = createRoute({
  getParentRoute: () => system,
  path: "/webhooks",
  component: lazyRouteComponent(() => import("./system/Webhooks"), "Webhooks"),
});

const settings = createRoute({
  getParentRoute: () => system,
  path: "/settings",
  component: lazyRouteComponent(() => import("./system/Settings"), "Settings"),
});

const tokens = createRoute({
  getParentRoute: () => system,
  path: "/tokens",
  component: lazyRouteComponent(() => import("./system/Tokens"), "Tokens"),
});

const policies = createRoute({
  getParentRoute: () => inside,
  path: "/policies",
  validateSearch: parseListParams,
  component: lazyRouteComponent(() => import("./pages/Policies"), "Policies"),
});

const newPolicy = createRoute({
  getParentRoute: () => inside,
  path: "/policies/new",
  component: lazyRouteComponent(() => import("./pages/NewPolicy"), "NewPolicy"),
});

const policy = createRoute({
  getParentRoute: () => inside,
  path: "/policies/$policyId",
  validateSearch: (search: Record<string, unknown>): { version?: string } =>
    typeof search["version"] === "string" ? { version: search["version"] } : {},
  component: lazyRouteComponent(() => import("./pages/Policy"), "Policy"),
});

const editPolicy = createRoute({
  getParentRoute: () => inside,
  path: "/policies/$policyId/edit",
  component: lazyRouteComponent(() => import("./pages/EditPolicy"), "EditPolicy"),
});

const executions = createRoute({
  getParentRoute: () => inside,
  path: "/executions",
  validateSearch: parseExecutionParams,
  component: lazyRouteComponent(() => import("./pages/Executions"), "Executions"),
});

const execution = createRoute({
  getParentRoute: () => inside,
  path: "/executions/$executionId",
  component: lazyRouteComponent(() => import("./pages/Execution"), "Execution"),
});

const policyLists = createRoute({
  getParentRoute: () => inside,
  path: "/lists",
  component: lazyRouteComponent(() => import("./pages/PolicyLists"), "PolicyLists"),
});

const policyList = createRoute({
  getParentRoute: () => inside,
  path: "/lists/$name",
  validateSearch: (search: Record<string, unknown>): { after?: string; removed?: string } => ({
    ...(typeof search["after"] === "string" ? { after: search["after"] } : {}),
    ...(search["removed"] === "1" ? { removed: "1" } : {}),
  }),
  component: lazyRouteComponent(() => import("./pages/PolicyList"), "PolicyList"),
});

const payIns = createRoute({
  getParentRoute: () => inside,
  path: "/pay-ins",
  validateSearch: parseListParams,
  component: lazyRouteComponent(() => import("./pages/PayIns"), "PayIns"),
});

const payIn = createRoute({
  getParentRoute: () => inside,
  path: "/pay-ins/$payInId",
  loader: preloadChart,
  component: lazyRouteComponent(() => import("./pages/PayIn"), "PayIn"),
});

const payOuts = createRoute({
  getParentRoute: () => inside,
  path: "/pay-outs",
  validateSearch: parseListParams,
  component: lazyRouteComponent(() => import("./pages/PayOuts"), "PayOuts"),
});

const payOut = createRoute({
  getParentRoute: () => inside,
  path: "/pay-outs/$payOutId",
  loader: preloadChart,
  component: lazyRouteComponent(() => import("./pages/PayOut"), "PayOut"),
});

const kycSessions = createRoute({
  getParentRoute: () => inside,
  path: "/kyc",
  validateSearch: parseListParams,
  component: lazyRouteComponent(() => import("./pages/KycSessions"), "KycSessions"),
});

const kycSession = createRoute({
  getParentRoute: () => inside,
  path: "/kyc/$sessionId",
  loader: preloadChart,
  component: lazyRouteComponent(() => import("./pages/KycSession"), "KycSession"),
});

const documentRequests = createRoute({
  getParentRoute: () => inside,
  path: "/document-requests",
  validateSearch: parseAboutParams,
  component: lazyRouteComponent(() => import("./pages/DocumentRequests"), "DocumentRequests"),
});

const documentRequest = createRoute({
  getParentRoute: () => inside,
  path: "/document-requests/$requestId",
  loader: preloadChart,
  component: lazyRouteComponent(() => import("./pages/DocumentRequest"), "DocumentRequest"),
});

const users = createRoute({
  getParentRoute: () => inside,
  path: "/users",
  validateSearch: parseListParams,
  component: lazyRouteComponent(() => import("./pages/Users"), "Users"),
});

const user = createRoute({
  getParentRoute: () => inside,
  path: "/users/$userId",
  loader: preloadChart,
  component: lazyRouteComponent(() => import("./pages/User"), "User"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    signIn,
    inside.addChildren([
      home,
      work,
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
      notifications,
      fulfilments,
      fulfilment,
      returns,
      stock,
      receiveStock,
      locations,
      shelf,
      policies,
      newPolicy,
      policy,
      editPolicy,
      executions,
      execution,
      policyLists,
      policyList,
      payIns,
      payIn,
      payOuts,
      payOut,
      kycSessions,
      kycSession,
      documentRequests,
      documentRequest,
      users,
      user,
      system.addChildren([systemHome, incidents, deadLetters, events, webhooks, tokens, settings]),
    ]),
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

function NotFound() {
  return (
    <main>
      <Failure page title="This page does not exist">
        The address may be old or mistyped. <a href="/">Go to the start page</a>
      </Failure>
    </main>
  );
}

function Broken({ error }: ErrorComponentProps) {
  return (
    <main>
      <Failure page title="This page could not be shown" again={() => void router.invalidate()}>
        {error instanceof Error ? error.message : "The reason is not known."}
      </Failure>
    </main>
  );
}
