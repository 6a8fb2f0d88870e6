/** Who is signed in, as the REST session tells; one value for the whole page, observed by the shell. */
export type Person = { id: string; login: string; name: string; roles: string[] };

const ADDRESS = "/api/v1/session";
const watchers = new Set<() => void>();
let person: Person | null | undefined;

/** The person of this session, asked for once; null when nobody is signed in. */
export async function currentPerson(): Promise<Person | null> {
  if (person !== undefined) return person;
  const answer = await ask({});
  if (!answer.ok && answer.status !== 401) throw new Error(await problemText(answer));
  return remember(answer.ok ? await answer.json() : null);
}

/** Sign in; throws an Error with the text of the problem document when refused. */
export async function signIn(login: string, password: string): Promise<Person> {
  const answer = await ask({
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ login, password }),
  });
  if (!answer.ok) throw new Error(await problemText(answer));
  const signedIn: Person = await answer.json();
  remember(signedIn);
  return signedIn;
}

/** End the session on the server and forget the person here. */
export async function signOut(): Promise<void> {
  const answer = await ask({ method: "DELETE" });
  if (!answer.ok && answer.status !== 401) throw new Error(await problemText(answer));
  remember(null);
}

/** The server said that nobody is signed in (any more). */
export function forgetPerson(): void {
  if (person !== null) remember(null);
}

/** The person as known now, for rendering. */
export function knownPerson(): Person | null {
  return person ?? null;
}

/** Be told when somebody signs in or out; returns how to stop. */
export function watchPerson(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

async function ask({ headers, ...rest }: { method?: string; headers?: Record<string, string>; body?: string }) {
  try {
    return await fetch(ADDRESS, { ...rest, headers: { accept: "application/json", ...headers } });
  } catch (cause) {
    throw new Error("The server cannot be reached. Check the connection and try again.", { cause });
  }
}

function remember(next: Person | null): Person | null {
  person = next;
  for (const watcher of watchers) watcher();
  return next;
}

async function problemText(answer: Response): Promise<string> {
  const type = answer.headers.get("content-type") ?? "";
  if (!type.includes("json")) return `The server answered ${answer.status}. Try again in a moment.`;
  const problem: { detail?: string; title?: string } = await answer.json();
  return problem.detail ?? problem.title ?? `The server answered ${answer.status}.`;
}
