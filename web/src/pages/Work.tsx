import { Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { WaitingWork } from "@/fulfilment/WaitingWork";
import { OrderStatesDocument } from "@/gen/graphql";
import { useRefetchOnFocus } from "@/list/useRefetchOnFocus";
import { Empty, Failure } from "@/ui/Said";
import { toneOf } from "@/ui/tone";
import classes from "./Work.module.css";

/** Where the orders stand, and what waits in the warehouse; each figure leads to its rows. */
export function Work() {
  const [{ data, error }, refetch] = useQuery({ query: OrderStatesDocument });
  useRefetchOnFocus(() => refetch({ requestPolicy: "network-only" }));
  const counts = data?.orders.stateCounts;
  return (
    <div className={classes["page"]}>
      <title>Work · Orderwright</title>
      <Title order={1} size="h3">
        Work
      </Title>
      <Title order={2} size="h5" className={classes["sub"] ?? ""}>
        Where the orders stand
      </Title>
      {error && !counts ? (
        <Failure title="The work could not be loaded" again={() => refetch({ requestPolicy: "network-only" })}>
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
            <Link
              to="/orders"
              search={{ state: count.state }}
              className={classes["tile"] ?? ""}
              data-tone={toneOf(count.tone)}
            >
              <span className={classes["figure"]}>{count.count.toLocaleString("en")}</span> {count.label}
            </Link>
          </li>
        ))}
      </ul>
      <WaitingWork />
    </div>
  );
}
