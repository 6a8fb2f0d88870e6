import { Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { useMay } from "@/api/permission";
import { WaitingWork } from "@/fulfilment/WaitingWork";
import { OrderStatesDocument, OverdueDocumentsDocument } from "@/gen/graphql";
import { useRefetchOnFocus } from "@/list/useRefetchOnFocus";
import { Empty, Failure } from "@/ui/Said";
import { toneOf } from "@/ui/tone";
import classes from "./Work.module.css";

/**
 * Where the orders stand, what waits in the warehouse, and which documents are late for who reads of them; each figure
 * leads to its rows.
 */
export function Work() {
  return (
    <div className={classes["page"]}>
      <title>Work · Orderwright</title>
      <Title order={1} size="h3">
        Work
      </Title>
      <Orders />
      <WaitingWork />
      {useMay("document.read") === true ? <LateDocuments /> : null}
    </div>
  );
}

function Orders() {
  const [{ data, error }, refetch] = useQuery({ query: OrderStatesDocument });
  const again = () => refetch({ requestPolicy: "network-only" });
  useRefetchOnFocus(again);
  const counts = data?.orders.stateCounts;
  return (
    <>
      <Title order={2} size="h5" className={classes["sub"] ?? ""}>
        Where the orders stand
      </Title>
      {error && !counts ? (
        <Failure title="The work could not be loaded" again={again}>
          {errorText(error)}
        </Failure>
      ) : null}
      {counts?.length === 0 ? (
        <Empty title="No orders yet">
          <Link to="/orders/new">Write the first order</Link>
        </Empty>
      ) : null}
      <ul className={classes["tiles"]} aria-label="Orders by state">
        {counts?.map((count) => (
          <li key={count.state}>
            <Link to="/orders" search={{ state: count.state }} className={classes["tile"] ?? ""} data-tone={toneOf(count.tone)}>
              <Figure of={count} />
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}

/** Documents that policies have asked for and that were not handed in in time, where there are such. */
function LateDocuments() {
  const [{ data, error }, refetch] = useQuery({ query: OverdueDocumentsDocument });
  const again = () => refetch({ requestPolicy: "network-only" });
  useRefetchOnFocus(again);
  const late = data?.documentRequests.stateCounts.filter(({ state }) => state === LATE) ?? [];
  if (late.length === 0 && !error) return null;
  return (
    <>
      <Title order={2} size="h5" className={classes["sub"] ?? ""}>
        Documents that were asked for
      </Title>
      {error && !data ? (
        <Failure title="The documents could not be loaded" again={again}>
          {errorText(error)}
        </Failure>
      ) : null}
      <ul className={classes["tiles"]} aria-label="Documents by state">
        {late.map((count) => (
          <li key={count.state}>
            <Link to="/document-requests" search={{ state: count.state }} className={classes["tile"] ?? ""} data-tone={toneOf(count.tone)}>
              <Figure of={count} />
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}

const LATE = "OVERDUE";

function Figure({ of: { count, label } }: { of: { count: number; label: string } }) {
  return (
    <>
      <span className={classes["figure"]}>{count.toLocaleString("en")}</span> {label}
    </>
  );
}
