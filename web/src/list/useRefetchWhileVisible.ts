import { useEffect, useEffectEvent } from "react";

const PAUSE = 4_000;

/** Ask again every few seconds while somebody may look: for what the server announces no changes of. */
export function useRefetchWhileVisible(refetch: () => void, pause: number = PAUSE): void {
  const again = useEffectEvent(refetch);
  useEffect(() => {
    const timer = window.setInterval(() => {
      if (document.visibilityState === "visible") again();
    }, pause);
    return () => window.clearInterval(timer);
  }, [pause]);
}
