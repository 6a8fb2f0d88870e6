import classes from "./Chip.module.css";
import { toneOf } from "./tone";

type Props = { label: string; tone: string; description?: string };

/** The state of a thing in the server's words; the tone only supports the text. */
export function Chip({ label, tone, description }: Props) {
  return (
    <span className={classes["chip"]} data-tone={toneOf(tone)} title={description}>
      <span className={classes["dot"]} aria-hidden="true" />
      {label}
    </span>
  );
}
