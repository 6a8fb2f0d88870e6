import { useEffect, useState } from "react";
import { type Direction, elkInput } from "./elkInput";
import { type Placed, placed } from "./flow";
import type { Drawing } from "./graph";
import { layOut } from "./layout";

// Layouts that are done, by what decides them: a chart that was seen is there at once.
const done = new Map<string, Placed>();

/** The places of a drawing, once elk has found them; the last ones until then. The name tells drawings apart. */
export function usePlaced(name: string, drawing: Drawing, direction: Direction | undefined): Placed | undefined {
  const key = `${name} ${direction}`;
  const [last, setLast] = useState<Placed>();
  const [failure, setFailure] = useState<unknown>();
  useEffect(() => {
    if (!direction) return undefined;
    let current = true;
    place(key, drawing, direction).then(
      (result) => {
        if (current) setLast(result);
      },
      (error: unknown) => {
        if (current) setFailure(error);
      },
    );
    return () => {
      current = false;
    };
  }, [key, drawing, direction]);
  if (failure) throw failure;
  return done.get(key) ?? last;
}

async function place(key: string, drawing: Drawing, direction: Direction): Promise<Placed> {
  const known = done.get(key);
  if (known) return known;
  const result = placed(drawing, await layOut(elkInput(drawing, direction)));
  done.set(key, result);
  return result;
}
