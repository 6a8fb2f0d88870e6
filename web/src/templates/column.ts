import type { ReactNode } from "react";

/** One column of a list: a heading and how to show a row in it. */
export type Column<Row> = {
  key: string;
  heading: string;
  cell: (row: Row) => ReactNode;
  align?: "right";
  /** On a narrow screen a row is a card: its head, its labelled lines, or left out. */
  card?: "head" | "line" | "none";
};

/** A state that a list can be filtered for, in the server's words. */
export type Facet = { state: string; label: string; tone: string; count?: number };
