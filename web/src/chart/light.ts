import { createContext } from "react";

/** What is lit in a chart at the moment shown. */
export type Light = {
  active: ReadonlySet<string>;
  taken: ReadonlySet<string>;
  next: ReadonlySet<string>;
  /** Nodes that an allowed event leads to. */
  nextNodes: ReadonlySet<string>;
  toggle: (nodeId: string) => void;
};

const NONE: ReadonlySet<string> = new Set();

/** Nodes and edges read the light here: lighting another moment lays nothing out again. */
export const LightContext = createContext<Light>({
  active: NONE,
  taken: NONE,
  next: NONE,
  nextNodes: NONE,
  toggle: () => undefined,
});
