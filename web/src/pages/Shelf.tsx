import { getRouteApi, Link, useLocation } from "@tanstack/react-router";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { useMay } from "@/api/permission";
import { ShelfDocument, type StockRowFragment } from "@/gen/graphql";
import { useRefetchWhileVisible } from "@/list/useRefetchWhileVisible";
import { AdjustForm } from "@/stock/AdjustForm";
import { Movements } from "@/stock/Movements";
import { pieces } from "@/stock/pieces";
import { WaitedFor } from "@/stock/WaitedFor";
import { DetailLoading, DetailPage } from "@/templates/DetailPage";
import { Panel } from "@/templates/Panel";
import { Empty, Failure } from "@/ui/Said";

const PAGE = 50;
const route = getRouteApi("/inside/stock/$location/$sku");

/** A SKU at a location: how much lies there, and every movement behind it. */
export function Shelf() {
  const { sku, location } = route.useParams();
  const { after } = route.useSearch();
  const navigate = route.useNavigate();
  const trail = useLocation({ select: (at) => at.state.trail }) ?? [];
  const mayAdjust = useMay("stock.adjust");
  const variables = { sku, location, first: PAGE, after: after ?? null };
  const [{ data, fetching, error }, refetch] = useQuery({ query: ShelfDocument, variables });
  const again = () => refetch({ requestPolicy: "network-only" });
  useRefetchWhileVisible(again);
  if (error && !data)
    return (
      <Failure page title="The stock could not be loaded" again={again}>
        {errorText(error)}
      </Failure>
    );
  if (!data && fetching) return <DetailLoading noun="stock" />;
  const row = data?.stock.edges[0]?.node;
  if (!data || !row)
    return (
      <Empty page title="This is not kept there">
        <Link to="/stock">Go to the stock</Link>
      </Empty>
    );
  const { edges, pageInfo } = data.stockMovements;
  const go = (to: string | undefined, next: string[]) =>
    void navigate({ search: to ? { after: to } : {}, state: { trail: next }, resetScroll: false });
  const end = pageInfo.hasNextPage ? pageInfo.endCursor : undefined;
  const paging = {
    onPrevious: after ? () => go(trail.at(-1), trail.slice(0, -1)) : undefined,
    onNext: end ? () => go(end, [...trail, after ?? ""]) : undefined,
  };
  return (
    <DetailPage
      kind="Stock"
      number={row.sku}
      chip={{ label: row.locationName, tone: "neutral", description: "Where it lies" }}
      figures={figuresOf(row)}
      picture={
        <Panel title="Movements">
          <Movements rows={edges.map(({ node }) => node)} paging={paging} />
        </Panel>
      }
      side={
        mayAdjust ? (
          <Panel title="Adjust" padded>
            <AdjustForm sku={sku} location={location} onDone={again} />
          </Panel>
        ) : null
      }
      story={null}
    />
  );
}

function figuresOf(row: StockRowFragment) {
  return [
    { label: "Name", value: row.name },
    { label: "On hand", value: pieces(row.onHand) },
    { label: "Reserved", value: pieces(row.reserved) },
    { label: "Available", value: pieces(row.available) },
    { label: "Waited for", value: <WaitedFor {...row} /> },
  ];
}
