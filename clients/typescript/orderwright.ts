/**
 * Orderwright for hosts in TypeScript: one file, no dependencies. Copy it into your project.
 *
 *     const actions = await triggerWorkflows('ORDER_CREATED', { orderId: order.id, amount: order.amount, ... });
 *     if (actions.length > 0) {
 *       await executeActions(actions, 'Order', order.id);
 *     }
 *
 * Neither function ever throws or takes longer than the timeout: what fails is logged, and your own work goes on. An
 * event whose decision did not arrive has no actions here; that of an entity that lives in Orderwright stays held there.
 *
 * The environment says where to call: ORDERWRIGHT_URL, ORDERWRIGHT_TOKEN (an API token with the scopes `trigger` and
 * `execute`), ORDERWRIGHT_TIMEOUT_MS (5000). `configure` says it in code.
 *
 * Amounts may be numbers, strings, or Prisma decimals, beside their `currency`: they travel as they are written and are
 * read exactly.
 */

export type TriggerName =
  | 'ORDER_CREATED'
  | 'PAYIN_RECEIVED'
  | 'PAYOUT_REQUESTED'
  | 'KYC_SUBMITTED'
  | 'USER_REGISTERED'
  | 'WALLET_ADDED';

export type EntityType = 'Order' | 'PayIn' | 'PayOut' | 'KYC' | 'User';

/** An action that was decided on. It is stored under its execution: only that is sent back to have it done. */
export interface Action {
  readonly id: string;
  readonly action: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly policy: string;
  readonly version: number;
  readonly executionId: string;
}

/** What has become of an action; `code` and `message` say why it was skipped or has failed. */
export interface Outcome {
  readonly id: string;
  readonly action: string;
  readonly policy: string;
  readonly version: number;
  readonly status: 'applied' | 'skipped' | 'queued' | 'failed';
  readonly code: string | null;
  readonly message: string | null;
}

export interface Options {
  /** Where Orderwright is served, such as https://orderwright.example. */
  url?: string;
  /** An API token. */
  token?: string;
  /** After how many milliseconds a call is given up. */
  timeoutMs?: number;
  /** Takes what failed, instead of `console.error`, which has it where this fails itself. Nobody waits for it. */
  log?: (message: string, details: Readonly<Record<string, unknown>>) => void | Promise<void>;
}

let chosen: Options = {};

/** Say where to call, instead of the environment. */
export function configure(options: Options): void {
  chosen = { ...options };
}

/** Tell of an event, and learn which actions follow; none where anything fails. */
export async function triggerWorkflows(
  trigger: TriggerName | (string & {}),
  context: Readonly<Record<string, unknown>>,
): Promise<Action[]> {
  return safely('triggerWorkflows', () => decided(trigger, context));
}

async function decided(trigger: string, context: Readonly<Record<string, unknown>>): Promise<Action[]> {
  const answer = await call(['triggers', trigger], { context }, soon());
  if (answer === null) {
    return [];
  }
  const executionId = String(answer.execution_id);
  if (answer.status === 'failed') {
    log(`${trigger} could not be decided`, { executionId });
  }
  const actions = Array.isArray(answer.actions) ? answer.actions : [];
  return actions.map((action) => ({ ...action, executionId }));
}

/**
 * Have done what `triggerWorkflows` returned, and learn what has become of each action; none where anything fails. All
 * that one event has brought about is done, in its order, also where some of it was left out: that holds the entity until
 * it is done.
 */
export async function executeActions(
  actions: readonly Action[],
  entityType: EntityType,
  entityId: string,
): Promise<Outcome[]> {
  return safely('executeActions', () => executed(actions, entityType, entityId));
}

async function executed(actions: readonly Action[], entityType: string, entityId: string): Promise<Outcome[]> {
  const given = Array.isArray(actions) ? actions : [];
  const executions = new Set(given.map((action) => action?.executionId));
  const outcomes: Outcome[] = [];
  const signal = soon(); // one for all: together they take no longer than the timeout
  for (const executionId of executions) {
    const entity = { type: entityType, id: entityId };
    const answer = await call(['executions', String(executionId), 'execute'], { entity }, signal);
    const found: Outcome[] = Array.isArray(answer?.actions) ? answer.actions : [];
    outcomes.push(...found);
    for (const one of found.filter((each) => each?.status === 'failed')) {
      log(`${one.action} has failed`, { ...one, executionId });
    }
  }
  return outcomes;
}

/** Do something; where that fails, whatever was thrown, log it and give nothing. */
async function safely<T>(named: string, work: () => Promise<T[]>): Promise<T[]> {
  try {
    return await work();
  } catch (error) {
    log(`${named} failed`, { error: told(error) });
    return [];
  }
}

/** Write what was thrown, which may be anything, and may fail itself. */
function told(error: unknown): string {
  try {
    return error instanceof Error ? `${error.message}` : String(error);
  } catch {
    return 'an error that cannot be written';
  }
}

type Answer = Record<string, any>;

/** Post JSON and return the answer; null where that fails, which is logged. */
async function call(parts: readonly string[], body: unknown, signal: () => AbortSignal): Promise<Answer | null> {
  const named = parts.join('/');
  try {
    const { url, token } = settings();
    const response = await fetch(new URL(`/api/v1/${parts.map(encodeURIComponent).join('/')}`, url), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
      body: JSON.stringify(body, exact),
      signal: signal(),
    });
    const answer = (await response.json()) as Answer;
    if (response.ok) {
      return answer;
    }
    log(`${named} was refused`, { status: response.status, code: answer.code, detail: answer.detail });
  } catch (error) {
    log(`${named} failed`, { error: told(error) });
  }
  return null;
}

/** What gives calls up: the first of them starts its clock. */
function soon(): () => AbortSignal {
  let signal: AbortSignal | undefined;
  return () => (signal ??= AbortSignal.timeout(settings().timeoutMs));
}

/** Integers that no number holds travel as text, which Orderwright reads exactly. */
function exact(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function settings(): { url: string; token: string; timeoutMs: number } {
  const environment: Record<string, string | undefined> =
    (globalThis as { process?: { env: Record<string, string | undefined> } }).process?.env ?? {};
  const url = chosen.url ?? environment.ORDERWRIGHT_URL;
  const token = chosen.token ?? environment.ORDERWRIGHT_TOKEN;
  if (!url || !token) {
    throw new Error('ORDERWRIGHT_URL and ORDERWRIGHT_TOKEN are to be set');
  }
  const timeoutMs = chosen.timeoutMs ?? Number(environment.ORDERWRIGHT_TIMEOUT_MS || 5000);
  return { url, token, timeoutMs };
}

/** Log; a logger that fails, now or later, fails nobody. */
function log(message: string, details: Readonly<Record<string, unknown>>): void {
  const instead = () => defaultLog(message, details);
  try {
    Promise.resolve((chosen.log ?? defaultLog)(message, details)).catch(instead);
  } catch {
    instead();
  }
}

function defaultLog(message: string, details: Readonly<Record<string, unknown>>): void {
  console.error(`[orderwright] ${message}`, details);
}
