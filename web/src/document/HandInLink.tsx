import { Button } from "@mantine/core";
import { useState } from "react";
import { useMay } from "@/api/permission";
import { CreateDocumentLinkDocument } from "@/gen/graphql";
import classes from "@/policy/Policy.module.css";
import { useAct } from "@/system/useAct";
import { Panel } from "@/templates/Panel";
import { Copy } from "@/ui/Copy";
import { Moment } from "@/ui/Moment";
import { OutcomeNotice } from "@/workflow/OutcomeNotice";

/** A link to hand the documents in by, for who may pass one on: whoever has it needs no login. */
export function HandInLink({ id }: { id: string }) {
  const [link, setLink] = useState<{ url: string; expiresAt: string }>();
  const { busy, outcome, act } = useAct(CreateDocumentLinkDocument);
  if (useMay("document.link") !== true) return null;
  return (
    <Panel title="Link to hand in by" padded>
      <div className={classes["stack"]}>
        {link ? (
          <>
            <code style={{ overflowWrap: "anywhere" }}>{link.url}</code>
            <span className={classes["dim"]}>
              Whoever has it may hand documents in; nothing is given back by it.
            </span>
            <span>
              Ends <Moment at={link.expiresAt} />
            </span>
            <Copy value={link.url} style={{ alignSelf: "start" }} />
          </>
        ) : (
          <Button variant="default" loading={busy} style={{ alignSelf: "start" }} onClick={() => void act({ id }, "Made").then(setLink)}>
            Make a link
          </Button>
        )}
        {outcome?.kind === "applied" ? null : <OutcomeNotice outcome={outcome} />}
      </div>
    </Panel>
  );
}
