import { Button, CopyButton } from "@mantine/core";
import classes from "./System.module.css";

type Props = { secret: string; onSeen: () => void; what?: string; use?: string };

/** A secret that is shown this once; whoever reads it takes it along. */
export function Secret({ secret, onSeen, what = "The secret of this webhook", use = "The receiver needs it to check signatures." }: Props) {
  return (
    <div className={classes["secret"]} role="status" data-tone="good">
      <p>
        <strong>{what} is shown only now.</strong> {use}
      </p>
      <code>{secret}</code>
      <div className={classes["acts"]}>
        <CopyButton value={secret}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy}>
              {copied ? "Copied" : "Copy"}
            </Button>
          )}
        </CopyButton>
        <Button variant="default" onClick={onSeen}>
          I have it
        </Button>
      </div>
    </div>
  );
}
