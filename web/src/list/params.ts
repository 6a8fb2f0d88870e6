/** What a list page reads from its address and writes back; the address is the only truth. */
export type ListParams = { q?: string; state?: string; after?: string };

/** A list of what is about entities, perhaps of one type, or about one of them. */
export type AboutParams = ListParams & { entity?: string; id?: string };

/** A list with a tab for each kind of work, perhaps about one SKU; a tab and states exclude each other. */
export type WorkParams = AboutParams & { work?: string; sku?: string };

/** Keep what a list understands of an address's parameters; everything else is dropped. */
export function parseListParams(search: Record<string, unknown>): ListParams {
  return { ...one("q", search), ...one("state", search), ...one("after", search) };
}

/** As `parseListParams`, with the entity; an id is of one type. */
export function parseAboutParams(search: Record<string, unknown>): AboutParams {
  const entity = one("entity", search);
  return { ...parseListParams(search), ...entity, ...(entity["entity"] ? one("id", search) : {}) };
}

/** As `parseListParams`, with the kind of work and the SKU. */
export function parseWorkParams(search: Record<string, unknown>): WorkParams {
  return { ...parseListParams(search), ...one("work", search), ...one("sku", search) };
}

/** The states that are filtered for, in the order in which they were picked. */
export function statesOf(params: ListParams): string[] {
  return (params.state ?? "").split(",").filter(Boolean);
}

/** Add or remove one state; a changed filter starts on the first page. */
export function toggleState(params: WorkParams, state: string): WorkParams {
  const states = statesOf(params);
  const next = states.includes(state) ? states.filter((s) => s !== state) : [...states, state];
  return clean({ q: params.q, state: next.join(","), sku: params.sku, ...aboutOf(params) });
}

/** Search for something else; a changed search starts on the first page. */
export function withSearch(params: WorkParams, q: string): WorkParams {
  return clean({ q: q.trim(), state: params.state, work: params.work, sku: params.sku, ...aboutOf(params) });
}

/** Move to the page behind a cursor; undefined is the first page. */
export function withCursor(params: WorkParams, after: string | undefined): WorkParams {
  return clean({ q: params.q, state: params.state, work: params.work, sku: params.sku, ...aboutOf(params), after });
}

/** What a list is about, apart from its other filters. */
export function aboutOf({ entity, id }: AboutParams): AboutParams {
  return clean({ entity, id });
}

/** Show what is about entities of a type, or of every type; a changed filter starts on the first page. */
export function withEntity(params: AboutParams, entity: string): AboutParams {
  return clean({ q: params.q, state: params.state, entity });
}

/** The filter of the query, without its empty parts. */
export function filterOf(params: ListParams): { search?: string; states?: string[] } {
  const states = statesOf(params);
  return { ...(params.q ? { search: params.q } : {}), ...(states.length > 0 ? { states } : {}) };
}

/** Read an address's query part as plain texts (no JSON guessing: an order number stays a text). */
export function parseSearch(search: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(search));
}

/** Write the query part of an address, leaving out what is empty. */
export function stringifySearch(params: Record<string, unknown>): string {
  const kept = Object.entries(params).filter(([, value]) => value !== undefined && value !== "");
  const text = new URLSearchParams(kept.map(([key, value]) => [key, String(value)])).toString();
  return text ? `?${text}` : "";
}

function one(key: string, search: Record<string, unknown>): Record<string, string> {
  const value = search[key];
  return typeof value === "string" && value ? { [key]: value } : {};
}

function clean(params: Record<string, string | undefined>): WorkParams {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value));
}
