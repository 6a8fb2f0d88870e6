import { Button, CopyButton } from "@mantine/core";
import classes from "./System.module.css";

/** A secret that is shown this once; whoever reads it takes it along. */
export function Secret({ secret, onSeen }: { secret: string; onSeen: () => void }) {
  return (
    <div className={classes["secret"]} role="status" data-tone="good">
      <p>
        <strong>The secret of this webhook is shown only now.</strong> The receiver needs it to check signatures.
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
