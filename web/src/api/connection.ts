import { createClient } from "graphql-ws";
import { knownPerson, watchPerson } from "./session";

/** Whether live updates arrive: idle (nobody listens), live, or lost (trying to connect again). */
export type Liveness = "idle" | "live" | "lost";

const watchers = new Set<() => void>();
const reconnected = new Set<() => void>();
let liveness: Liveness = "idle";
let wasLost = false;

/** The one websocket of the page; it opens with the first subscription and comes back by itself. */
export const live = createClient({
  url: () => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql`,
  lazyCloseTimeout: 3_000,
  keepAlive: 12_000,
  retryAttempts: Number.POSITIVE_INFINITY,
  shouldRetry: () => true,
  retryWait: (retries) => pause(Math.min(500 * 2 ** retries, 10_000)),
  on: {
    connected: () => {
      const back = wasLost;
      wasLost = false;
      become("live");
      if (back) for (const watcher of reconnected) watcher();
    },
    closed: (event) => {
      wasLost = !isWanted(event);
      become(wasLost ? "lost" : "idle");
    },
  },
});

// A websocket is of whom opened it: the next person gets one of their own, however soon they come.
watchPerson(() => {
  if (knownPerson()) hangUp();
});

export function knownLiveness(): Liveness {
  return liveness;
}

export function watchLiveness(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** Be told when the connection is back: what changed meanwhile was not announced. */
export function onReconnect(watcher: () => void): () => void {
  reconnected.add(watcher);
  return () => reconnected.delete(watcher);
}

function hangUp(): void {
  live.terminate();
  wasLost = false;
  become("idle");
}

function become(next: Liveness): void {
  liveness = next;
  for (const watcher of watchers) watcher();
}

function isWanted(event: unknown): boolean {
  return typeof event === "object" && event !== null && "code" in event && event.code === 1000;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
