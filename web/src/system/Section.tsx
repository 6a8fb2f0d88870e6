import { Skeleton } from "@mantine/core";
import type { ReactNode } from "react";
import type { CombinedError } from "urql";
import { errorText } from "@/api/client";
import { Paging, type PagingProps } from "@/templates/Paging";
import { Empty, Failure } from "@/ui/Said";
import classes from "./System.module.css";

type Props<Row> = {
  /** What it lists, in the plural: "incidents". */
  noun: string;
  /** What an empty list means. */
  none: string;
  rows: readonly Row[] | undefined;
  error: CombinedError | undefined;
  again: () => void;
  paging?: PagingProps;
  tools?: ReactNode;
  children: (rows: readonly Row[]) => ReactNode;
};

/** A list of the system pages, in whichever state it is: loading, failed, empty, or there. */
export function Section<Row>({ noun, none, rows, error, again, paging, tools, children }: Props<Row>) {
  return (
    <section aria-label={noun}>
      {tools ? <div className={classes["tools"]}>{tools}</div> : null}
      {rows ? null : error ? (
        <Failure title={`The ${noun} could not be loaded`} again={again}>
          {errorText(error)}
        </Failure>
      ) : (
        <Loading noun={noun} />
      )}
      {rows?.length === 0 ? <Empty title={none} /> : null}
      {rows?.length ? children(rows) : null}
      {paging ? <Paging {...paging} /> : null}
    </section>
  );
}

const SKELETONS = Array.from({ length: 6 }, (_, n) => n);

function Loading({ noun }: { noun: string }) {
  return (
    <div className={classes["loading"]} role="status" aria-label={`Loading ${noun}`}>
      {SKELETONS.map((n) => (
        <Skeleton key={n} height={56} radius="sm" />
      ))}
    </div>
  );
}
