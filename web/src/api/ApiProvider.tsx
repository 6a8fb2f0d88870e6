import { type ReactNode, useMemo, useSyncExternalStore } from "react";
import { Provider } from "urql";
import { newClient } from "./client";
import { knownPerson, watchPerson } from "./session";

/** Gives each person a client of their own, so that nothing cached is shown to the next one. */
export function ApiProvider({ children }: { children: ReactNode }) {
  const login = useSyncExternalStore(watchPerson, () => knownPerson()?.id ?? "");
  const client = useMemo(() => ({ login, client: newClient() }), [login]);
  return <Provider value={client.client}>{children}</Provider>;
}
