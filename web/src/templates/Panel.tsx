import type { ReactNode } from "react";
import classes from "@/workflow/Workflow.module.css";

/** A titled part of a page. */
export function Panel({ title, label = title, children }: { title: string; label?: string; children: ReactNode }) {
  return (
    <section className={classes["panel"]} aria-label={label}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}
