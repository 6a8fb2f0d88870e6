type Numbered = { version: number };
type Known = { latestVersion: number; inForce?: Numbered | null; pending?: Numbered | null; versions: readonly Numbered[] };

/** The version that a page shows: the one asked for, else the one that waits for consent, else the latest. */
export function versionToShow({ latestVersion, pending, versions }: Known, wanted: string | undefined): number {
  const isThere = versions.some(({ version }) => String(version) === wanted);
  return isThere ? Number(wanted) : (pending?.version ?? latestVersion);
}

/** With which version another one is compared at first: what is in force, and that with the one before it. */
export function baseOf(version: number, inForce: number | undefined): number | undefined {
  if (inForce !== version) return inForce;
  return version > 1 ? version - 1 : undefined;
}

/** How a version stands: what it has to do with what decides now. */
export function standingWords({ inForce, pending }: Pick<Known, "inForce" | "pending">, version: number): string {
  const isInForce = inForce?.version === version;
  if (pending?.version === version) return isInForce ? "in force, waits for consent to other terms" : "waits for consent";
  if (isInForce) return "in force";
  return version > (inForce?.version ?? 0) ? "draft" : "not in force";
}
