/** The client where nothing works: each of its functions on its own, and loggers that fail; prints what came of each. */

import { configure, executeActions, triggerWorkflows, type Options } from '../../clients/typescript/orderwright.ts';

const [url, token, silent, gone] = process.argv.slice(2);
const action = { id: 'a', action: 'FREEZE_ORDER', config: {}, policy: 'p', version: 1 };
const actions = ['one', 'two'].map((executionId) => ({ ...action, executionId }));

const given = globalThis.fetch;
let late: boolean[] = [];
globalThis.fetch = (to, how) => {
  late.push(how?.signal?.aborted === true); // whether the time was over before the call
  return given(to, how);
};

async function tried(options: Options, work: () => Promise<unknown[]>) {
  const logged: string[] = [];
  late = [];
  configure({ log: (message, details) => void logged.push(`${message} ${JSON.stringify(details)}`), ...options });
  return { came: await work(), logged, late };
}

const execute = () => executeActions(actions, 'Order', 'o1');
const trigger = () => triggerWorkflows('ORDER_CREATED', { orderId: 'o1' });
const endless: Record<string, unknown> = {};
endless.itself = endless;

const found = {
  wrongToken: await tried({ url, token: 'ow_wrong' }, execute),
  unknownExecutions: await tried({ url, token }, execute),
  unset: await tried({ url: '', token: '' }, execute),
  silent: await tried({ url: silent, token, timeoutMs: 100 }, execute),
  gone: await tried({ url: gone, token }, execute),
  noActions: await tried({ url, token }, () => executeActions(null as never, 'Order', 'o1')),
  noName: await tried({ url, token }, () => triggerWorkflows('\ud800', {})),
  endless: await tried({ url, token }, () => triggerWorkflows('ORDER_CREATED', endless)),
  symbol: await tried({ url, token }, () => triggerWorkflows(Symbol('x') as never, {})),
  unwritable: await tried({ url, token }, () => triggerWorkflows('ORDER_CREATED', { amount: { toJSON() { throw Object.create(null); } } })),
  nameless: await tried({ url, token }, () => executeActions([{ ...action, executionId: Object.create(null) }], 'Order', 'o1')),
  hidden: await tried({ url, token }, () => executeActions([{ ...action, get executionId(): string { throw new Error('not yet'); } }], 'Order', 'o1')),
  logThrows: await tried({ url: '', token: '', log: () => { throw new Error('the log is full'); } }, trigger),
  logRejects: await tried({ url: '', token: '', log: () => Promise.reject(new Error('the log is away')) }, execute),
};
console.log(JSON.stringify(found));
