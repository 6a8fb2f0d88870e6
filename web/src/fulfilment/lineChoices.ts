import type { Choices } from "@/form/field";
import type { FulfilmentQuery } from "@/gen/graphql";
import { pieces } from "@/stock/pieces";

type Line = Pick<NonNullable<FulfilmentQuery["fulfilment"]>["lines"][number], "lineNo" | "name" | "quantity" | "returned">;

/** The lines of a fulfilment for forms that ask for some of them: by name, with the pieces that have not come back. */
export function lineChoices(lines: readonly Line[]): Choices {
  const lineNo = lines.map(({ lineNo: number, name, quantity, returned }) => ({
    value: String(number),
    label: `${number}: ${name}, ${pieces(quantity - returned)} of ${pieces(quantity)}`,
    json: number,
  }));
  return { lineNo };
}
