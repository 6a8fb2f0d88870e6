import { Button, NumberInput, Select, TextInput } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useQuery } from "urql";
import { errorText } from "@/api/client";
import { LocationsDocument, ReceiveStockDocument, type StockRowFragment } from "@/gen/graphql";
import { pieces } from "@/stock/pieces";
import { useAct } from "@/system/useAct";
import { FormPage } from "@/templates/FormPage";
import { ProductPicker } from "@/trade/ProductPicker";
import { Failure } from "@/ui/Said";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";

/** Takes pieces in; the next delivery line can follow at once, under the same reference. */
export function ReceiveStock() {
  const [{ data, error }, refetch] = useQuery({ query: LocationsDocument });
  const [sku, setSku] = useState("");
  const [chosen, setChosen] = useState<string | null>(null);
  const [quantity, setQuantity] = useState<string | number>("");
  const [reference, setReference] = useState("");
  const [received, setReceived] = useState<StockRowFragment>();
  const { busy, outcome, act } = useAct(ReceiveStockDocument);
  const places = data?.locations.edges.map(({ node }) => node).filter(({ isOpen }) => isOpen) ?? [];
  const location = chosen ?? places[0]?.id ?? null;

  async function submit() {
    if (!location) return;
    setReceived(undefined);
    const content = { sku, location, quantity: Number(quantity), reference: reference.trim() };
    const done = await act(content, `${pieces(content.quantity)} of ${sku} received`);
    if (!done) return;
    setReceived(done.stock);
    setQuantity("");
  }

  if (error && !data)
    return (
      <Failure page title="The locations could not be loaded" again={() => refetch({ requestPolicy: "network-only" })}>
        {errorText(error)}
      </Failure>
    );
  return (
    <FormPage title="Receive stock" onSubmit={() => void submit()}>
      <ProductPicker label="Product" value={sku} onChange={(product) => setSku(product.sku)} error={undefined} />
      <Select
        label="Location"
        required
        allowDeselect={false}
        data={places.map(({ id, name }) => ({ value: id, label: name }))}
        value={location}
        onChange={setChosen}
      />
      <NumberInput label="Quantity" required allowDecimal={false} min={1} value={quantity} onChange={setQuantity} />
      <TextInput
        label="Reference"
        description="Such as the number of the delivery note"
        required
        value={reference}
        onChange={(event) => setReference(event.currentTarget.value)}
      />
      <OutcomeNotice outcome={outcome} />
      {received ? <Now row={received} /> : null}
      <Button type="submit" loading={busy} disabled={!sku || !location || quantity === "" || !reference.trim()}>
        Receive
      </Button>
    </FormPage>
  );
}

function Now({ row }: { row: StockRowFragment }) {
  return (
    <p>
      {`On hand now ${pieces(row.onHand)}, available ${pieces(row.available)}. `}
      <Link to="/stock/$location/$sku" params={{ location: row.location, sku: row.sku }}>
        See its movements
      </Link>
    </p>
  );
}
