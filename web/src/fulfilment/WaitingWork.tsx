import { Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useQuery } from "urql";
import { WarehouseWorkDocument } from "@/gen/graphql";
import { useRefetchOnFocus } from "@/list/useRefetchOnFocus";
import classes from "@/pages/Work.module.css";
import { KINDS, type KindKey } from "./work";

/** What waits in the warehouse, kind by kind; each figure leads to its rows, the oldest first. */
export function WaitingWork() {
  const [{ data }, refetch] = useQuery({ query: WarehouseWorkDocument });
  useRefetchOnFocus(() => refetch({ requestPolicy: "network-only" }));
  if (!data) return null;
  return (
    <>
      <Title order={2} size="h5" className={classes["sub"] ?? ""}>
        What waits in the warehouse
      </Title>
      <ul className={classes["tiles"]} aria-label="Work of the warehouse">
        {KINDS.map(({ key, label }) => (
          <li key={key}>
            <Link to="/fulfilments" search={{ work: key }} className={classes["tile"] ?? ""} data-tone={tone(key)}>
              <Figure of={data[key].totalCount} /> {label}
            </Link>
          </li>
        ))}
        <li>
          <Link to="/returns" className={classes["tile"] ?? ""} data-tone="warning">
            <Figure of={data.RETURNS.totalCount} /> Returns
          </Link>
        </li>
      </ul>
    </>
  );
}

function Figure({ of }: { of: number }) {
  return <span className={classes["figure"]}>{of.toLocaleString("en")}</span>;
}

function tone(key: KindKey) {
  return key === "BACKORDERS" ? "warning" : "active";
}
