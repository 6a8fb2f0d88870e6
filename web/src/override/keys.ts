import { useEffect, useEffectEvent } from "react";

const FIELDS = "input, textarea, select, [contenteditable]";

/** Does something at the press of a single letter, anywhere on the page but where somebody writes. */
export function useLetters(acts: Readonly<Record<string, () => void>>) {
  const press = useEffectEvent((event: KeyboardEvent) => {
    const act = acts[event.key];
    const isWriting = event.target instanceof Element && event.target.closest(FIELDS) !== null;
    if (!act || isWriting || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
  useEffect(() => {
    const heard = (event: KeyboardEvent) => press(event);
    document.addEventListener("keydown", heard);
    return () => document.removeEventListener("keydown", heard);
  }, []);
}

/** The one so many places further in a queue; the first where none is chosen, the ends hold. */
export function stepped(ids: readonly string[], chosen: string | undefined, by: 1 | -1): string | undefined {
  const place = chosen === undefined ? -1 : ids.indexOf(chosen);
  if (place < 0) return ids[0];
  return ids[Math.min(Math.max(place + by, 0), ids.length - 1)];
}

/** What opens when the chosen one leaves the queue: the one behind it, else the one before. */
export function following(ids: readonly string[], chosen: string): string | undefined {
  const place = ids.indexOf(chosen);
  return ids[place + 1] ?? ids[place - 1];
}
