import { useEffect, useState } from "react";
import { layOut } from "@/chart/layout";
import type { PolicyDocument } from "./document";
import { type Face, type PlacedPolicy, placedPolicy, policyElk } from "./drawing";

/** The places of a policy's nodes, once elk has found them; the last ones until then. */
export function usePlacedPolicy(document: PolicyDocument, faces: ReadonlyMap<string, Face>, direction: "RIGHT" | "DOWN" | undefined) {
  const [placed, setPlaced] = useState<PlacedPolicy>();
  const [failure, setFailure] = useState<unknown>();
  useEffect(() => {
    if (!direction) return undefined;
    let current = true;
    layOut(policyElk(document, faces, direction)).then(
      (layout) => {
        if (current) setPlaced(placedPolicy(document, faces, layout));
      },
      (error: unknown) => {
        if (current) setFailure(error);
      },
    );
    return () => {
      current = false;
    };
  }, [document, faces, direction]);
  if (failure) throw failure;
  return placed;
}
