import { useEffect, useEffectEvent } from "react";

/** Ask again when the person comes back to the page. */
export function useRefetchOnFocus(refetch: () => void): void {
  const again = useEffectEvent(refetch);
  useEffect(() => {
    const onFocus = () => {
      if (document.visibilityState === "visible") again();
    };
    window.addEventListener("focus", onFocus);
    document.addEventListener("visibilitychange", onFocus);
    return () => {
      window.removeEventListener("focus", onFocus);
      document.removeEventListener("visibilitychange", onFocus);
    };
  }, []);
}
