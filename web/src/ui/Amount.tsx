import { formatMoney, type Money } from "@/format/money";
import classes from "./Amount.module.css";

/** An exact amount with its currency, in tabular figures. */
export function Amount({ money, dim = false }: { money: Money; dim?: boolean }) {
  return (
    <span className={classes["amount"]} data-dim={dim || undefined}>
      {formatMoney(money)}
    </span>
  );
}
