import { words } from "@/format/word";

/** What documents may be asked about, in words, by the name of its type. */
export const ENTITIES: Readonly<Record<string, string>> = {
  Order: "Order",
  PayIn: "Pay-in",
  PayOut: "Pay-out",
  KYC: "KYC session",
  User: "User",
};

/** The documents that are asked for, in a line: "Passport, proof of address". */
export function typesInWords(types: readonly string[]): string {
  return types.map((type, place) => (place === 0 ? words(type) : words(type).toLowerCase())).join(", ");
}

/** A size as people say it: "340 kB". */
export function sizeWords(bytes: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  const size = new Intl.NumberFormat("en", { style: "unit", unit: units[step], unitDisplay: step === 0 ? "long" : "short", maximumFractionDigits: 1 });
  return size.format(bytes / 1000 ** step);
}
