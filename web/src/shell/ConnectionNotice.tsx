import { useSyncExternalStore } from "react";
import { knownLiveness, watchLiveness } from "@/api/connection";
import classes from "./Shell.module.css";

/** Says quietly that live updates do not arrive at the moment; silent otherwise. */
export function ConnectionNotice() {
  const liveness = useSyncExternalStore(watchLiveness, knownLiveness);
  return (
    <span role="status" aria-label="Connection" className={classes["notice"]}>
      {liveness === "lost" ? "Connection lost, trying again" : null}
    </span>
  );
}
