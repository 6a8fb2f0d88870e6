import { type LoggedEntry, rowId } from "./lifecycle";

/** What caused a step: a way to its row when that is on the page, else its name on hover. */
export function Cause({ id, of: cause }: { id: string; of: LoggedEntry | undefined }) {
  if (!cause) return <span title={`Caused by ${id}`}>caused elsewhere</span>;
  const anchor = rowId(cause);
  return (
    <a
      href={`#${anchor}`}
      title={`Caused by ${id}`}
      onClick={(event) => {
        const row = document.getElementById(anchor);
        event.preventDefault();
        row?.scrollIntoView({ block: "center" });
        row?.querySelector("button")?.focus();
      }}
    >
      caused by {cause.entry.label}
    </a>
  );
}
