import { Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { useMay } from "@/api/permission";
import { LocationsDocument } from "@/gen/graphql";
import { AddLocation } from "@/stock/AddLocation";
import { LocationItem } from "@/stock/LocationItem";
import classes from "@/system/System.module.css";
import { Failure } from "@/ui/Said";

/** Where goods lie, in the order of allocation, and the ways to change that. */
export function Locations() {
  const [{ data, error }, refetch] = useQuery({ query: LocationsDocument });
  const again = () => refetch({ requestPolicy: "network-only" });
  const may = useMay("location.manage") === true;
  const rows = data?.locations.edges.map(({ node }) => node);
  return (
    <div className={classes["page"]}>
      <title>Locations · Orderwright</title>
      <Title order={1} size="h3">
        Locations <span className={classes["count"]}>{rows?.length ?? ""}</span>
      </Title>
      <p className={classes["said"]}>
        Orders reserve from the first that has what they want. <Link to="/stock">See the stock</Link>
      </p>
      {may ? <AddLocation onAdded={again} /> : null}
      {error && !rows ? (
        <Failure title="The locations could not be loaded" again={again}>
          {errorText(error)}
        </Failure>
      ) : null}
      <ul className={classes["rows"]} aria-label="Locations">
        {rows?.map((row) => (
          <LocationItem key={row.id} row={row} may={may} again={again} />
        ))}
      </ul>
    </div>
  );
}
