import { useEffect, useState } from "react";
import { type Direction, elkInput } from "./elkInput";
import { type Placed, placed } from "./flow";
import type { Drawing } from "./graph";
import { layOut } from "./layout";

/** The places of a drawing, once elk has found them; the last ones until then. */
export function usePlaced(drawing: Drawing, direction: Direction | undefined): Placed | undefined {
  const [result, setResult] = useState<Placed>();
  const [failure, setFailure] = useState<unknown>();
  useEffect(() => {
    if (!direction) return undefined;
    let current = true;
    layOut(elkInput(drawing, direction)).then(
      (layout) => {
        if (current) setResult(placed(drawing, layout));
      },
      (error: unknown) => {
        if (current) setFailure(error);
      },
    );
    return () => {
      current = false;
    };
  }, [drawing, direction]);
  if (failure) throw failure;
  return result;
}
