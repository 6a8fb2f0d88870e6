import { Link } from "@tanstack/react-router";
import { useQuery } from "urql";
import { useMay } from "@/api/permission";
import { CasesDocument } from "@/gen/graphql";
import { Panel } from "@/templates/Panel";
import classes from "./Case.module.css";
import { CaseLine } from "./CaseLine";
import { useCasesChanged } from "./useCasesChanged";

const MOST = 20;

/** The cases of an order, those of this person's queues; nothing when there are none. */
export function OrderCases({ orderId }: { orderId: string }) {
  const may = useMay("case.read") === true;
  const filter = { orderId, states: ["OPEN" as const, "ASSIGNED" as const, "RESOLVED" as const] };
  const variables = { filter, first: MOST, after: null };
  const [{ data }, refetch] = useQuery({ query: CasesDocument, variables, pause: !may });
  useCasesChanged(() => refetch({ requestPolicy: "network-only" }), { pause: !may, orderId });
  const rows = may ? data?.cases.edges.map(({ node }) => node) : undefined;
  if (!rows?.length) return null;
  return (
    <Panel title="Cases">
      <ul className={`${classes["rows"]} ${classes["body"]}`}>
        {rows.map((row) => (
          <li key={row.id}>
            <Link to="/cases" search={{ case: row.id }} className={classes["row"] ?? ""} activeProps={{}}>
              <span className={classes["title"]}>{row.title}</span>
              <CaseLine row={row} />
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
