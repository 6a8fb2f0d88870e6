import { useLocation, useNavigate } from "@tanstack/react-router";
import { type WorkParams, withCursor } from "./params";

declare module "@tanstack/react-router" {
  interface HistoryState {
    /** The cursors of the pages before this one; "" is the first page. */
    trail?: string[];
  }
}

type Listed = "/policies" | "/pay-ins" | "/pay-outs" | "/kyc" | "/document-requests" | "/users" | "/orders" | "/quotations" | "/payments" | "/fulfilments" | "/stock" | "/system/incidents" | "/system/dead-letters" | "/system/events";
type PageInfo = { hasNextPage: boolean; endCursor?: string | null };

/**
 * Steps between keyset pages. The way back is kept in the history entry, as the API pages forward only;
 * an address that was opened from outside goes back to the first page.
 */
export function usePaging(to: Listed, params: WorkParams, info: PageInfo | undefined) {
  const navigate = useNavigate();
  const trail = useLocation({ select: (location) => location.state.trail }) ?? [];
  const go = (after: string | undefined, next: string[]) =>
    void navigate({ to, search: withCursor(params, after), state: { trail: next } });
  const end = info?.hasNextPage ? info.endCursor : undefined;
  return {
    onPrevious: params.after ? () => go(trail.at(-1), trail.slice(0, -1)) : undefined,
    onNext: end ? () => go(end, [...trail, params.after ?? ""]) : undefined,
  };
}
