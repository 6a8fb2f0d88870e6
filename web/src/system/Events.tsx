import { getRouteApi } from "@tanstack/react-router";
import { useQuery } from "urql";
import { words } from "@/format/word";
import { type DomainEventRowFragment, OutboxDocument } from "@/gen/graphql";
import { withSearch } from "@/list/params";
import { usePaging } from "@/list/usePaging";
import { useRefetchWhileVisible } from "@/list/useRefetchWhileVisible";
import type { Column } from "@/templates/column";
import { DataTable } from "@/templates/DataTable";
import { ListSearch } from "@/templates/ListSearch";
import { Chip } from "@/ui/Chip";
import { Moment } from "@/ui/Moment";
import { Belongs } from "./Belongs";
import { Section } from "./Section";
import classes from "./System.module.css";

const PAGE = 50;
const route = getRouteApi("/inside/system/events");

/** The outbox: what happened, what brought it about, and which consumer has acknowledged it when. */
export function Events() {
  const params = route.useSearch();
  const navigate = route.useNavigate();
  const variables = { number: params.q ?? null, first: PAGE, after: params.after ?? null };
  const [{ data, fetching, error }, refetch] = useQuery({ query: OutboxDocument, variables });
  const again = () => refetch({ requestPolicy: "network-only" });
  useRefetchWhileVisible(again);
  const list = data?.outbox;
  const paging = usePaging("/system/events", params, list?.pageInfo);
  return (
    <Section
      noun="Events"
      none={params.q ? "No events of that order or quotation" : "Nothing has happened yet"}
      rows={list?.edges.map(({ node }) => node)}
      error={error}
      again={again}
      paging={paging}
      tools={
        <ListSearch
          label="Events of an order"
          hint="Number of an order or quotation"
          value={params.q ?? ""}
          onSearch={(q) => void navigate({ search: withSearch({}, q), replace: true })}
        />
      }
    >
      {(rows) => (
        <DataTable label="Events" columns={COLUMNS} rows={rows} keyOf={(row) => row.id} fetching={fetching && !data} />
      )}
    </Section>
  );
}

const TONES = { ACKNOWLEDGED: "good", PENDING: "waiting", PARKED: "warning", DEAD: "bad" } as const;

const COLUMNS: readonly Column<DomainEventRowFragment>[] = [
  {
    key: "name",
    heading: "Event",
    card: "head",
    cell: (row) => (
      <span title={row.id}>
        <strong>{row.name}</strong>
      </span>
    ),
  },
  { key: "of", heading: "Of", card: "head", cell: (row) => <Belongs to={row.belongsTo} otherwise={row.rootId} /> },
  { key: "recorded", heading: "Recorded", cell: (row) => <Moment at={row.recordedAt} /> },
  {
    key: "acknowledged",
    heading: "Acknowledged",
    cell: (row) => (
      <ul className={classes["consumers"]}>
        {row.acknowledgements.map(({ consumer, status, acknowledgedAt }) => (
          <li key={consumer}>
            <Chip label={consumer} tone={TONES[status]} description={words(status)} />{" "}
            {acknowledgedAt ? <Moment at={acknowledgedAt} /> : words(status).toLowerCase()}
          </li>
        ))}
      </ul>
    ),
  },
  { key: "data", heading: "Data", cell: (row) => <Data row={row} /> },
];

function Data({ row }: { row: DomainEventRowFragment }) {
  const { id, causationId, correlationId, origin, data } = row;
  return (
    <details className={classes["more"]}>
      <summary>
        Show<span className="visuallyHidden"> data of {row.name} {row.id}</span>
      </summary>
      <pre className={classes["json"]}>{JSON.stringify({ id, causationId, correlationId, origin, data }, null, 2)}</pre>
    </details>
  );
}
