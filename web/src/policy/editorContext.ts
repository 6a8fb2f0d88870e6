import { createContext, use } from "react";
import type { Facts } from "./fact";
import type { PolicyProblem } from "./problem";

/** What every rule of a condition needs to know. */
export type EditorKnowledge = { facts: Facts; lists: readonly string[]; currency: string; problems: readonly PolicyProblem[] };

export const EditorContext = createContext<EditorKnowledge>({ facts: new Map(), lists: [], currency: "", problems: [] });

export function useEditor(): EditorKnowledge {
  return use(EditorContext);
}
