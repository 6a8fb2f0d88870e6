import { Button } from "@mantine/core";
import { useMay } from "@/api/permission";
import { words } from "@/format/word";
import type { DocumentRequestQuery } from "@/gen/graphql";
import classes from "@/policy/Policy.module.css";
import { Panel } from "@/templates/Panel";
import { Moment } from "@/ui/Moment";
import { sizeWords } from "./words";

type Known = NonNullable<DocumentRequestQuery["documentRequest"]>;

/** What was handed in, of every round, and what is still missing of this one; a file is given to who may open it. */
export function Files({ of: { files, types, round, workflow } }: { of: Known }) {
  const mayOpen = useMay("document.open") === true;
  const there = new Set(files.filter((one) => one.round === round).map(({ type }) => type));
  const missing = workflow.status === "active" ? types.filter((type) => !there.has(type)) : [];
  return (
    <Panel title="Handed in">
      <ul className={classes["rows"]}>
        {missing.length > 0 ? <li>Still missing: {missing.map(words).join(", ")}</li> : null}
        {files.length === 0 ? <li>Nothing was handed in yet.</li> : null}
        {files.map((one) => (
          <li key={one.id} className={classes["line"]}>
            <span>{words(one.type)}</span>
            <span className={classes["dim"]}>
              {KINDS[one.mediaType] ?? one.mediaType}, {sizeWords(one.bytes)}
            </span>
            {one.round < round ? <span className={classes["dim"]}>Round {one.round}, sent back</span> : null}
            <Moment at={one.at} />
            {mayOpen ? (
              <span className={classes["end"]}>
                <Button component="a" size="compact-sm" variant="default" href={one.url} download aria-label={`Download ${words(one.type)}`}>
                  Download
                </Button>
              </span>
            ) : null}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

const KINDS: Readonly<Record<string, string>> = { "application/pdf": "PDF", "image/png": "PNG", "image/jpeg": "JPEG" };
