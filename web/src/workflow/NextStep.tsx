import { Button } from "@mantine/core";
import { ArrowIcon } from "@/ui/icons";
import { eventAnchor } from "./Events";
import { type Lifecycle, nextOf } from "./lifecycle";

/** The step that the server says comes next, as a way to its form; nothing when it names none. */
export function NextStep({ lifecycle }: { lifecycle: Lifecycle }) {
  const next = nextOf(lifecycle.workflow);
  if (!next) return null;
  const anchor = eventAnchor(lifecycle.id, next.event);
  return (
    <Button
      component="a"
      maw="100%"
      href={`#${anchor}`}
      rightSection={<ArrowIcon />}
      onClick={(event) => {
        event.preventDefault();
        const toggle = document.getElementById(anchor);
        if (toggle?.getAttribute("aria-expanded") === "false") toggle.click();
        toggle?.scrollIntoView({ block: "center" });
        toggle?.focus();
      }}
    >
      Next step: {next.label}
    </Button>
  );
}
