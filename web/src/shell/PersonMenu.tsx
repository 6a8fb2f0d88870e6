import { Button, Popover, Text, UnstyledButton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState, useSyncExternalStore } from "react";
import { knownPerson, signOut, watchPerson } from "@/api/session";
import { words } from "@/format/word";
import classes from "./Shell.module.css";

/** The person with roles, and the way out. */
export function PersonMenu() {
  const person = useSyncExternalStore(watchPerson, knownPerson);
  const [open, setOpen] = useState(false);
  const [failure, setFailure] = useState("");
  if (!person) return null;
  async function leave() {
    setFailure("");
    try {
      await signOut();
    } catch (error) {
      setFailure(`You are still signed in. ${error instanceof Error ? error.message : ""}`);
    }
  }
  const roles = person.roles.map(words).join(", ");
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-end" width={220} withinPortal={false} trapFocus returnFocus>
      <Popover.Target>
        <UnstyledButton className={classes["person"]} onClick={() => setOpen(!open)}>
          <span className={classes["initials"]} aria-hidden="true">
            {initials(person.name)}
          </span>
          <span className={classes["who"]}>
            {person.name}
            <br />
            <span className={classes["roles"]}>{roles}</span>
          </span>
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <Text size="sm" fw={600}>
          {person.name}
        </Text>
        <Text size="xs" c="var(--ow-dim)" mb="sm">
          {person.login} · {roles}
        </Text>
        <Text size="sm" mb="sm">
          <Link to="/notifications" onClick={() => setOpen(false)}>
            Notification preferences
          </Link>
        </Text>
        <Button variant="default" fullWidth onClick={() => void leave()}>
          Sign out
        </Button>
        {failure ? (
          <Text size="sm" mt="sm" c="var(--ow-error)" role="alert">
            {failure}
          </Text>
        ) : null}
      </Popover.Dropdown>
    </Popover>
  );
}

function initials(name: string): string {
  const parts = name.split(/\s+/).filter(Boolean);
  return [parts[0], parts.length > 1 ? parts.at(-1) : ""].map((part) => part?.charAt(0).toUpperCase() ?? "").join("");
}
