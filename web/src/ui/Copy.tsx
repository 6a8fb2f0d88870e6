import { Button, CopyButton } from "@mantine/core";
import type { CSSProperties } from "react";

/** A button that copies a text, and says that it has. */
export function Copy({ value, style }: { value: string; style?: CSSProperties }) {
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Button variant="default" onClick={copy} {...(style ? { style } : {})}>
          {copied ? "Copied" : "Copy"}
        </Button>
      )}
    </CopyButton>
  );
}
