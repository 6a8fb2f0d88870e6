import { Button } from "@mantine/core";
import { Copy } from "@/ui/Copy";
import classes from "./System.module.css";

type Props = { secret: string; onSeen: () => void; what: string; use: string };

/** A secret that is shown this once; whoever reads it takes it along. */
export function Secret({ secret, onSeen, what, use }: Props) {
  return (
    <div className={classes["secret"]} role="status" data-tone="good">
      <p>
        <strong>{what} is shown only now.</strong> {use}
      </p>
      <code>{secret}</code>
      <div className={classes["acts"]}>
        <Copy value={secret} />
        <Button variant="default" onClick={onSeen}>
          I have it
        </Button>
      </div>
    </div>
  );
}
