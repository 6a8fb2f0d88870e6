import { useSyncExternalStore } from "react";
import { exactTime, relativeTime } from "@/format/time";

/** A time as people say it, with the exact one on hover and for machines. */
export function Moment({ at }: { at: string }) {
  const now = useSyncExternalStore(watchClock, () => clock.now);
  const exact = exactTime(at);
  return (
    <time dateTime={at} title={exact}>
      {relativeTime(at, now)}
    </time>
  );
}

// One clock for every time on the page: it ticks only while somebody looks.
const clock = { now: new Date(), timer: 0, watchers: new Set<() => void>() };
const TICK = 20_000;

function watchClock(watcher: () => void): () => void {
  clock.watchers.add(watcher);
  // What just happened must not seem to lie in the future of a clock that stood still.
  if (Date.now() - clock.now.getTime() > 1_000) tick();
  if (clock.watchers.size === 1) clock.timer = window.setInterval(tick, TICK);
  return () => {
    clock.watchers.delete(watcher);
    if (clock.watchers.size === 0) window.clearInterval(clock.timer);
  };
}

function tick(): void {
  clock.now = new Date();
  for (const watcher of clock.watchers) watcher();
}
