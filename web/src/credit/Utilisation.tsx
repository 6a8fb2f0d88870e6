import { formatMoney } from "@/format/money";
import type { CreditRowFragment } from "@/gen/graphql";
import classes from "./Credit.module.css";

/** How much of a limit is used: a bar, and the same in words. */
export function Utilisation({ credit }: { credit: CreditRowFragment }) {
  const text = used(credit);
  const percent = Math.min(credit.utilisation ?? 0, 100);
  return (
    <section className={classes["used"]} aria-label="Utilisation" data-tone={toneOf(credit.utilisation)}>
      <p>{text}</p>
      <div
        className={classes["track"]}
        role="meter"
        aria-label="Utilisation of the limit"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={text}
      >
        <div className={classes["part"]} style={{ width: `${percent}%` }} />
      </div>
    </section>
  );
}

function used({ utilisation, exposure, limit }: CreditRowFragment): string {
  const owed = formatMoney(exposure);
  if (utilisation === null || utilisation === undefined) return `There is no limit, and ${owed} is owed.`;
  return `${utilisation.toLocaleString("en")} % of the limit is used: ${owed} of ${formatMoney(limit)}.`;
}

function toneOf(utilisation: number | null | undefined): string {
  if (utilisation === null || utilisation === undefined) return "neutral";
  return utilisation > 100 ? "bad" : utilisation > 80 ? "warning" : "good";
}
