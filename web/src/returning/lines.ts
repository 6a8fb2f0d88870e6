import { words } from "@/format/word";
import type { ReturnRowFragment } from "@/gen/graphql";
import { pieces } from "@/stock/pieces";

/** The lines of a return as a short text: "2 × LAMP (sellable)". */
export function linesText(lines: ReturnRowFragment["lines"]): string {
  return lines.map(({ sku, quantity, condition }) => `${pieces(quantity)} × ${sku}${said(condition)}`).join(", ");
}

function said(condition: string | null | undefined): string {
  return condition ? ` (${words(condition).toLowerCase()})` : "";
}
