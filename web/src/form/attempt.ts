/** An attempt to do something once: the same content keeps its key, so that a retry cannot do it twice. */
export type Attempt = { key: string; content: string };

/** The attempt for a content: the open one when the content is the same, else a new one. */
export function attemptFor(open: Attempt | undefined, content: unknown, newKey: () => string = randomKey): Attempt {
  const text = JSON.stringify(content);
  return open?.content === text ? open : { key: newKey(), content: text };
}

// crypto.randomUUID exists only in secure contexts; a console on a plain-http host needs a key too.
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
