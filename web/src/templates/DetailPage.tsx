import { Skeleton, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Chip } from "@/ui/Chip";
import classes from "./DetailPage.module.css";

export type Figure = { label: string; value: ReactNode };

type Props = {
  number: string;
  /** What it is, before the number: "Order". */
  kind: string;
  chip: { label: string; tone: string; description: string };
  figures: readonly Figure[];
  nextStep?: ReactNode;
  phases?: ReactNode;
  main: ReactNode;
  side: ReactNode;
};

/** The detail template: what it is and how it stands, what happened, what is possible now. */
export function DetailPage({ number, kind, chip, figures, nextStep, phases, main, side }: Props) {
  return (
    <article className={classes["page"]}>
      <title>{`${number} · Orderwright`}</title>
      <header className={classes["head"]}>
        <div className={classes["name"]}>
          <Title order={1} size="h3">
            <span className={classes["kind"]}>{kind}</span> {number}
          </Title>
          <span role="status" aria-label="State">
            <Chip {...chip} />
          </span>
          <span className={classes["next"]}>{nextStep}</span>
        </div>
        <dl className={classes["figures"]}>
          {figures.map(({ label, value }) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </header>
      {phases}
      <div className={classes["columns"]}>
        <div className={classes["main"]}>{main}</div>
        <aside className={classes["side"]} aria-label="Actions">
          {side}
        </aside>
      </div>
    </article>
  );
}

/** The template before its data is there, in the same places. */
export function DetailLoading({ noun }: { noun: string }) {
  return (
    <div className={classes["page"]} role="status" aria-label={`Loading ${noun}`}>
      <h1 className="visuallyHidden">Loading {noun}</h1>
      <Skeleton height={112} mb={16} />
      <div className={classes["columns"]}>
        <Skeleton height={460} />
        <Skeleton height={320} />
      </div>
    </div>
  );
}
