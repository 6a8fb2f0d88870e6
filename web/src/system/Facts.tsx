import type { ReactNode } from "react";
import classes from "./System.module.css";

export type Particular = { name: string; value: ReactNode };

/** Short values with their names, in a line as far as there is room. */
export function Facts({ of }: { of: readonly Particular[] }) {
  return (
    <dl className={classes["facts"]}>
      {of.map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
