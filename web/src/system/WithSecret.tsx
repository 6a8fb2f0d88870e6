import { Button, type ButtonVariant } from "@mantine/core";
import { type ComponentType, useState } from "react";
import { PlusIcon } from "@/ui/icons";
import { Secret } from "./Secret";
import classes from "./System.module.css";

type Props = {
  label: string;
  variant?: ButtonVariant;
  /** What the secret is of, and who needs it. */
  what: string;
  use: string;
  Form: ComponentType<{ onMade: (secret: string) => void }>;
  onMade: () => void;
};

/** The way to make what comes with a secret: a form to open, and the secret, shown this once. */
export function WithSecret({ label, variant = "filled", what, use, Form, onMade }: Props) {
  const [making, setMaking] = useState(false);
  const [secret, setSecret] = useState<string>();
  const show = (made: string) => {
    setSecret(made);
    setMaking(false);
    onMade();
  };
  return (
    <div className={classes["adding"]}>
      <Button variant={variant} leftSection={<PlusIcon />} aria-expanded={making} onClick={() => setMaking(!making)}>
        {label}
      </Button>
      {making ? <Form onMade={show} /> : null}
      {secret ? <Secret secret={secret} what={what} use={use} onSeen={() => setSecret(undefined)} /> : null}
    </div>
  );
}
