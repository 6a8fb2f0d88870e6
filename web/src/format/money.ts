/** Money as the server gives it: a decimal text in major units and an ISO 4217 code. Never a float. */
export type Money = { amount: string; currency: string };

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/;

/** Group the digits of an exact amount and put the currency code in front: `NGN 1,234.50`. */
export function formatMoney({ amount, currency }: Money): string {
  return `${currency}\u00a0${formatAmount(amount)}`;
}

/** Group the digits of a decimal text; a text that is no decimal is shown as it is. */
export function formatAmount(amount: string): string {
  const parts = DECIMAL.exec(amount.trim());
  if (!parts) return amount;
  const [, sign, whole = "", fraction] = parts;
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return `${sign === "-" ? "\u2212" : ""}${grouped}${fraction ? `.${fraction}` : ""}`;
}

/** A sentence with the digits of its amounts grouped. */
export function groupedAmounts(sentence: string): string {
  return sentence.replaceAll(/(?<![\w.])\d{4,}\.\d+(?![\w.]*\w)/g, formatAmount);
}

/** Tell whether an exact amount is zero, whatever its scale. */
export function isZero({ amount }: Money): boolean {
  return /^[+-]?0+(\.0+)?$/.test(amount.trim());
}
