import type { FulfilmentFilter, WarehouseWork } from "@/gen/graphql";
import { filterOf, type WorkParams } from "@/list/params";

export type KindKey = "ALLOCATE" | "PICK" | "SHIP" | "DELIVER" | "BACKORDERS";
type Kind = { key: KindKey; label: string; filter: FulfilmentFilter };

const work = (key: WarehouseWork & KindKey, label: string): Kind => ({ key, label, filter: { work: key, oldestFirst: true } });

/** The kinds of work of a warehouse, in the order in which goods go through it; the oldest comes first.
 * Goods are picked and packed in one go, so that what is ready waits for one kind only. */
export const KINDS: readonly Kind[] = [
  work("ALLOCATE", "To allocate"),
  work("PICK", "To pick and pack"),
  work("SHIP", "To ship"),
  work("DELIVER", "On the way"),
  { key: "BACKORDERS", label: "Backorders", filter: { states: ["BACKORDERED"], oldestFirst: true } },
];

/** What an address asks for: a kind of work, or states, perhaps what waits for a SKU; a kind that nobody knows is none. */
export function wantedOf(params: WorkParams): FulfilmentFilter {
  const kind = KINDS.find(({ key }) => key === params.work);
  const filter = kind ? { ...(params.q ? { search: params.q } : {}), ...kind.filter } : filterOf(params);
  return params.sku ? { ...filter, sku: params.sku, oldestFirst: true } : filter;
}
