import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { useQuery } from "urql";
import { CustomersDocument } from "@/gen/graphql";

type Props = { value: string; onChange: (id: string) => void; error: string | undefined };

/** Finds a customer on the server by number or name. */
export function CustomerPicker({ value, onChange, error }: Props) {
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState<{ value: string; label: string }>();
  const [search] = useDebouncedValue(text === chosen?.label ? "" : text, 200);
  const [{ data }] = useQuery({ query: CustomersDocument, variables: { search, first: 20 } });
  const found = (data?.customers ?? []).map(({ id, number, name }) => ({ value: id, label: `${name} (${number})` }));
  const options = chosen && !found.some((one) => one.value === chosen.value) ? [chosen, ...found] : found;
  return (
    <Select
      label="Customer"
      required
      searchable
      filter={({ options: all }) => all}
      placeholder="Search by name or number"
      nothingFoundMessage="No customer matches"
      data={options}
      value={value || null}
      searchValue={text}
      onSearchChange={setText}
      onChange={(id, option) => {
        setChosen(option ? { value: option.value, label: option.label } : undefined);
        onChange(id ?? "");
      }}
      error={error}
    />
  );
}
