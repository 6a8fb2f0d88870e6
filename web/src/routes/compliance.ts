import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { preloadChart } from "@/chart/preload";
import { parseAboutParams, parseListParams } from "@/list/params";
import { parseExecutionParams } from "@/policy/executionParams";
import { inside } from "./inside";

const policies = createRoute({
  getParentRoute: () => inside,
  path: "/policies",
  validateSearch: parseListParams,
  component: lazyRouteComponent(() => import("@/pages/Policies"), "Policies"),
});

const newPolicy = createRoute({
  getParentRoute: () => inside,
  path: "/policies/new",
  component: lazyRouteComponent(() => import("@/pages/NewPolicy"), "NewPolicy"),
});

const policy = createRoute({
  getParentRoute: () => inside,
  path: "/policies/$policyId",
  // Typed by hand it is a number, out of a link a text.
  validateSearch: ({ version }: Record<string, unknown>): { version?: string } =>
    typeof version === "string" || typeof version === "number" ? { version: String(version) } : {},
  component: lazyRouteComponent(() => import("@/pages/Policy"), "Policy"),
});

const editPolicy = createRoute({
  getParentRoute: () => inside,
  path: "/policies/$policyId/edit",
  component: lazyRouteComponent(() => import("@/pages/EditPolicy"), "EditPolicy"),
});

const executions = createRoute({
  getParentRoute: () => inside,
  path: "/executions",
  validateSearch: parseExecutionParams,
  component: lazyRouteComponent(() => import("@/pages/Executions"), "Executions"),
});

const execution = createRoute({
  getParentRoute: () => inside,
  path: "/executions/$executionId",
  component: lazyRouteComponent(() => import("@/pages/Execution"), "Execution"),
});

const policyLists = createRoute({
  getParentRoute: () => inside,
  path: "/lists",
  component: lazyRouteComponent(() => import("@/pages/PolicyLists"), "PolicyLists"),
});

const policyList = createRoute({
  getParentRoute: () => inside,
  path: "/lists/$name",
  validateSearch: (search: Record<string, unknown>): { after?: string; removed?: string } => ({
    ...(typeof search["after"] === "string" ? { after: search["after"] } : {}),
    ...(search["removed"] === "1" ? { removed: "1" } : {}),
  }),
  component: lazyRouteComponent(() => import("@/pages/PolicyList"), "PolicyList"),
});

const payIns = createRoute({
  getParentRoute: () => inside,
  path: "/pay-ins",
  validateSearch: parseListParams,
  component: lazyRouteComponent(() => import("@/pages/PayIns"), "PayIns"),
});

const payIn = createRoute({
  getParentRoute: () => inside,
  path: "/pay-ins/$payInId",
  loader: preloadChart,
  component: lazyRouteComponent(() => import("@/pages/PayIn"), "PayIn"),
});

const payOuts = createRoute({
  getParentRoute: () => inside,
  path: "/pay-outs",
  validateSearch: parseListParams,
  component: lazyRouteComponent(() => import("@/pages/PayOuts"), "PayOuts"),
});

const payOut = createRoute({
  getParentRoute: () => inside,
  path: "/pay-outs/$payOutId",
  loader: preloadChart,
  component: lazyRouteComponent(() => import("@/pages/PayOut"), "PayOut"),
});

const kycSessions = createRoute({
  getParentRoute: () => inside,
  path: "/kyc",
  validateSearch: parseListParams,
  component: lazyRouteComponent(() => import("@/pages/KycSessions"), "KycSessions"),
});

const kycSession = createRoute({
  getParentRoute: () => inside,
  path: "/kyc/$sessionId",
  loader: preloadChart,
  component: lazyRouteComponent(() => import("@/pages/KycSession"), "KycSession"),
});

const documentRequests = createRoute({
  getParentRoute: () => inside,
  path: "/document-requests",
  validateSearch: parseAboutParams,
  component: lazyRouteComponent(() => import("@/pages/DocumentRequests"), "DocumentRequests"),
});

const documentRequest = createRoute({
  getParentRoute: () => inside,
  path: "/document-requests/$requestId",
  loader: preloadChart,
  component: lazyRouteComponent(() => import("@/pages/DocumentRequest"), "DocumentRequest"),
});

const users = createRoute({
  getParentRoute: () => inside,
  path: "/users",
  validateSearch: parseListParams,
  component: lazyRouteComponent(() => import("@/pages/Users"), "Users"),
});

const user = createRoute({
  getParentRoute: () => inside,
  path: "/users/$userId",
  loader: preloadChart,
  component: lazyRouteComponent(() => import("@/pages/User"), "User"),
});

/** What policies decide, and what compliance looks at. */
export const complianceRoutes = [
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
] as const;
