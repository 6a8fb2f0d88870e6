import { useEffect, useEffectEvent } from "react";

/** J goes to the next of a queue, K to the one before; not while somebody types. */
export function useQueueKeys(ids: readonly string[], chosen: string | undefined, open: (id: string) => void): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const step = { j: 1, k: -1 }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const next = ids[chosen === undefined ? 0 : ids.indexOf(chosen) + step];
    if (next !== undefined) open(next);
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => onKey(event);
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
}

/** The one that comes after a row of a queue that is about to leave it: the next, else the one before. */
export function neighbour(ids: readonly string[], leaving: string): string | undefined {
  const at = ids.indexOf(leaving);
  return at < 0 ? ids[0] : (ids[at + 1] ?? ids[at - 1]);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null;
}
