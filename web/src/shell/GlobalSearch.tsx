import { TextInput } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { SearchIcon } from "@/ui/icons";
import classes from "./Shell.module.css";

/** Find an order from anywhere, by what it, its payment or its package is known by: leads to the order list, filtered. */
export function GlobalSearch() {
  const navigate = useNavigate();
  const [text, setText] = useState("");
  return (
    <form
      role="search"
      className={classes["search"]}
      aria-label="Global search"
      onSubmit={(event) => {
        event.preventDefault();
        const q = text.trim();
        void navigate({ to: "/orders", search: q ? { q } : {} });
        setText("");
      }}
    >
      <TextInput
        type="search"
        aria-label="Find an order"
        placeholder="Order, customer, payment or tracking number"
        leftSection={<SearchIcon />}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
    </form>
  );
}
