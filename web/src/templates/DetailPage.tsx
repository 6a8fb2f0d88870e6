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
  /** Where it stands, as a picture. */
  picture: ReactNode;
  /** What can be done, beside the rest; on a narrow screen right below the picture. */
  side: ReactNode;
  /** What happened and what it is made of. */
  story: ReactNode;
};

/** The detail template: what it is and how it stands, what happened, what is possible now. */
export function DetailPage({ number, kind, chip, figures, nextStep, phases, picture, side, story }: Props) {
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
        <div className={classes["picture"]}>{picture}</div>
        <aside className={classes["side"]} aria-label="Actions">
          {side}
        </aside>
        <div className={classes["story"]}>{story}</div>
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
