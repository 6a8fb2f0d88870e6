import { TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useState } from "react";
import { SearchIcon } from "@/ui/icons";
import classes from "./ListPage.module.css";

type Props = { label: string; hint: string; value: string; onSearch: (q: string) => void };

/** The search of a list: writes to the address a moment after the last key, at once on Enter. */
export function ListSearch({ label, hint, value, onSearch }: Props) {
  const [text, setText] = useState(value);
  const [known, setKnown] = useState(value);
  const later = useDebouncedCallback(onSearch, 250);
  if (known !== value) {
    // The address changed by other means (back, a link): show it, but leave what is being typed.
    setKnown(value);
    if (text.trim() !== value) setText(value);
  }
  return (
    <form
      role="search"
      aria-label={label}
      className={classes["search"]}
      onSubmit={(event) => {
        event.preventDefault();
        onSearch(text);
      }}
    >
      <TextInput
        type="search"
        aria-label={label}
        placeholder={hint}
        leftSection={<SearchIcon />}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          later(event.currentTarget.value);
        }}
      />
    </form>
  );
}
