import type { ReactNode } from "react";
import classes from "@/workflow/Workflow.module.css";

type Props = { title: string; label?: string; padded?: boolean; children: ReactNode };

/** A titled part of a page; `padded` where its content does not keep a distance by itself, as rows do. */
export function Panel({ title, label = title, padded, children }: Props) {
  return (
    <section className={classes["panel"]} aria-label={label}>
      <h2>{title}</h2>
      {padded ? <div className={classes["padded"]}>{children}</div> : children}
    </section>
  );
}
