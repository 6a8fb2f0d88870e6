import { Button, Tooltip } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useId } from "react";
import { useMay } from "@/api/permission";
import { knownPerson } from "@/api/session";
import { words } from "@/format/word";
import { PlusIcon } from "@/ui/icons";

type Props = { to: "/orders/new" | "/quotations/new"; label: string; permission: string };

/** The way to a form that makes something new; without the permission it stays, and says what is missing. */
export function NewButton({ to, label, permission }: Props) {
  const may = useMay(permission);
  if (may === false) return <Denied label={label} />;
  return (
    <Button renderRoot={(props) => <Link to={to} {...props} />} leftSection={<PlusIcon />}>
      {label}
    </Button>
  );
}

// Disabled for the eye and for assistive technology, yet reachable: a button out of reach could not say why.
function Denied({ label }: { label: string }) {
  const id = useId();
  const why = reason(label, knownPerson()?.roles ?? []);
  return (
    <Tooltip label={why} multiline w={260} withinPortal={false} position="bottom-end" events={{ hover: true, focus: true, touch: true }}>
      <span>
        <Button aria-disabled data-disabled aria-describedby={id} leftSection={<PlusIcon />}>
          {label}
        </Button>
        <span id={id} hidden>
          {why}
        </span>
      </span>
    </Tooltip>
  );
}

function reason(label: string, roles: readonly string[]): string {
  const yours = roles.map(words).join(", ") || "none";
  return `A role is missing: your roles (${yours}) do not include one that allows \u201c${label}\u201d.`;
}
