import { Skeleton, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { aboutOf, statesOf, toggleState, withSearch, type WorkParams } from "@/list/params";
import { Empty, Failure } from "@/ui/Said";
import { type Column, type Facet } from "./column";
import { DataTable } from "./DataTable";
import { FacetChips } from "./FacetChips";
import classes from "./ListPage.module.css";
import { ListSearch } from "./ListSearch";
import { Paging, type PagingProps } from "./Paging";

type Props<Row> = {
  title: string;
  /** The noun in the search's name: "Search orders". */
  noun: string;
  searchHint: string;
  total: number | undefined;
  params: WorkParams;
  onParams: (params: WorkParams) => void;
  facets: readonly Facet[];
  columns: readonly Column<Row>[];
  rows: readonly Row[] | undefined;
  keyOf: (row: Row) => string;
  fetching: boolean;
  error?: string | undefined;
  again: () => void;
  paging: PagingProps;
  actions?: ReactNode;
  /** The kinds of work, above the filters. */
  tabs?: ReactNode;
};

/** The list template: title with count, search, state chips, a table that becomes cards, keyset paging. */
export function ListPage<Row>(props: Props<Row>) {
  const { title, noun, total, params, onParams, facets, error } = props;
  return (
    <div className={classes["page"]}>
      <title>{`${title} · Orderwright`}</title>
      <header className={classes["head"]}>
        <Title order={1} size="h3">
          {title}{" "}
          <span className={classes["count"]} role="status" aria-label={`Number of ${noun}`}>
            {total === undefined ? "" : total.toLocaleString("en")}
          </span>
        </Title>
        <div className={classes["actions"]}>{props.actions}</div>
      </header>
      {props.tabs}
      <div className={classes["filters"]}>
        <ListSearch
          label={`Search ${noun}`}
          hint={props.searchHint}
          value={params.q ?? ""}
          onSearch={(q) => onParams(withSearch(params, q))}
        />
        <FacetChips
          facets={facets}
          chosen={statesOf(params)}
          onToggle={(state) => onParams(toggleState(params, state))}
          onClear={() => onParams(withSearch(aboutOf(params), params.q ?? ""))}
        />
      </div>
      {error ? (
        <Failure title={`The ${noun} could not be loaded`} again={props.again}>
          {error}
        </Failure>
      ) : (
        <Body {...props} />
      )}
    </div>
  );
}

function Body<Row>({ title, noun, rows, columns, keyOf, fetching, params, onParams, paging }: Props<Row>) {
  if (!rows) return <Loading noun={noun} />;
  if (rows.length === 0 && !fetching) return <Nothing noun={noun} params={params} onParams={onParams} />;
  return (
    <>
      <DataTable label={title} columns={columns} rows={rows} keyOf={keyOf} fetching={fetching} />
      <Paging {...paging} />
    </>
  );
}

function Nothing({ noun, params, onParams }: { noun: string } & Pick<Props<unknown>, "params" | "onParams">) {
  const filtered = Boolean(params.q ?? params.state ?? params.work ?? params.sku ?? params.entity);
  return (
    <Empty title={filtered ? `No ${noun} match` : `No ${noun} yet`}>
      {filtered ? (
        <button type="button" className={classes["clear"]} onClick={() => onParams({})}>
          Clear the search and the filters
        </button>
      ) : null}
    </Empty>
  );
}

const SKELETONS = Array.from({ length: 12 }, (_, n) => n);

function Loading({ noun }: { noun: string }) {
  return (
    <div className={classes["loading"]} role="status" aria-label={`Loading ${noun}`}>
      {SKELETONS.map((n) => (
        <Skeleton key={n} height={22} radius="sm" />
      ))}
    </div>
  );
}
