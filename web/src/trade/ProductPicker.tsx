import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { useQuery } from "urql";
import { formatMoney } from "@/format/money";
import { ProductsDocument, type ProductsQuery } from "@/gen/graphql";

export type Product = ProductsQuery["products"][number];

type Props = { label: string; value: string; onChange: (product: Product) => void; error: string | undefined };

/** Finds a product on the server by SKU or name. */
export function ProductPicker({ label, value, onChange, error }: Props) {
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState<Product>();
  const [search] = useDebouncedValue(chosen && text === labelOf(chosen) ? "" : text, 200);
  const [{ data }] = useQuery({ query: ProductsDocument, variables: { search, first: 20 } });
  const found = data?.products ?? [];
  const products = chosen && !found.some(({ sku }) => sku === chosen.sku) ? [chosen, ...found] : found;
  return (
    <Select
      label={label}
      required
      searchable
      filter={({ options }) => options}
      placeholder="Search by name or SKU"
      nothingFoundMessage="No product matches"
      data={products.map((product) => ({ value: product.sku, label: labelOf(product) }))}
      value={value || null}
      searchValue={text}
      onSearchChange={setText}
      onChange={(sku) => {
        const product = products.find((one) => one.sku === sku);
        setChosen(product);
        if (product) onChange(product);
      }}
      error={error}
      allowDeselect={false}
    />
  );
}

function labelOf({ name, unitPrice, inStock }: Product): string {
  return `${name}, ${formatMoney(unitPrice)}${inStock ? "" : " (out of stock)"}`;
}
