import { type RefObject, useEffect, useRef } from "react";

/** Leads to the first field that is wrong, after a try that found some: it may be out of sight. */
export function useFirstProblem<T extends HTMLElement>(problems: ReadonlyMap<string, string>): RefObject<T | null> {
  const form = useRef<T>(null);
  useEffect(() => {
    if (problems.size > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [problems]);
  return form;
}
