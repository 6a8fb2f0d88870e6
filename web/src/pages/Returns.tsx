import { getRouteApi, Link } from "@tanstack/react-router";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { useQueueKeys } from "@/case/useQueueKeys";
import { ReturnsDocument } from "@/gen/graphql";
import { filterOf, statesOf, toggleState } from "@/list/params";
import { useRefetchOnFocus } from "@/list/useRefetchOnFocus";
import { ReturnDetail } from "@/returning/ReturnDetail";
import { ReturnQueue } from "@/returning/ReturnQueue";
import { FacetChips } from "@/templates/FacetChips";
import { InboxPage } from "@/templates/InboxPage";
import { Empty, Failure } from "@/ui/Said";

const PAGE = 100;
const route = getRouteApi("/inside/returns");

/** The returns desk: what comes back, by state, and what is to be done with it. */
export function Returns() {
  const { state, return: chosen } = route.useSearch();
  const navigate = route.useNavigate();
  const params = state ? { state } : {};
  const variables = { filter: filterOf(params), first: PAGE, after: null };
  const [{ data, error }, refetch] = useQuery({ query: ReturnsDocument, variables });
  const again = () => refetch({ requestPolicy: "network-only" });
  useRefetchOnFocus(again);
  const rows = data?.returns.edges.map(({ node }) => node);
  const open = rows?.find(({ id }) => id === chosen);
  useQueueKeys(rows?.map(({ id }) => id) ?? [], chosen, (id) => void navigate({ search: { ...params, return: id }, resetScroll: false }));
  return (
    <InboxPage
      title="Returns"
      queueName="Queue"
      total={data?.returns.totalCount}
      tools={
        <FacetChips
          facets={data?.returns.stateCounts ?? []}
          chosen={statesOf(params)}
          onToggle={(one) => void navigate({ search: toggleState(params, one), replace: true })}
          onClear={() => void navigate({ search: {}, replace: true })}
        />
      }
      queue={
        <>
          {error && !data ? (
            <Failure title="The returns could not be loaded" again={again}>
              {errorText(error)}
            </Failure>
          ) : null}
          {rows?.length === 0 ? <Empty title={state ? "No returns match" : "Nothing came back yet"} /> : null}
          {rows ? <ReturnQueue rows={rows} chosen={chosen} state={state} /> : null}
        </>
      }
      detail={open ? <ReturnDetail key={open.id} row={open} again={again} /> : chosen && rows ? <Gone id={chosen} /> : null}
    />
  );
}

/** A return that was acted on may leave the states that are filtered for. */
function Gone({ id }: { id: string }) {
  return (
    <Empty title="This return is not in the list">
      <Link to="/returns" search={{ return: id }}>
        Look among all returns
      </Link>
    </Empty>
  );
}
