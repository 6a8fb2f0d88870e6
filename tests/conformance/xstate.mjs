// XState v5 on machines that `write_xstate` wrote, one order per line of stdin: {"config", "events"}. An event is an
// XState event, or {"fire": id, "earlier"?: true} for a timer that is due. Answers one line: what an observer sees after
// the start and after each event, or the error that stopped it.
import { createInterface } from 'node:readline';
import { and, assign, cancel, createActor, createMachine, emit, not, or, raise, stateIn } from 'xstate';

const list = (one) => (one === undefined ? [] : Array.isArray(one) ? one : [one]);

// A value in which {"from": "context.n"} stands for what is found there.
function fill(value, scope) {
  if (Array.isArray(value)) return value.map((one) => fill(one, scope));
  if (value === null || typeof value !== 'object') return value;
  if (Object.keys(value).join() !== 'from') {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fill(one, scope)]));
  }
  return value.from.split('.').reduce((at, key) => at?.[key], scope) ?? null;
}

const builtInActions = {
  'xstate.assign': ({ assignment }) => assign((scope) => fill(assignment, scope)),
  'xstate.raise': ({ event, delay, id }) => raise((scope) => fill(event, scope), { delay, id }),
  'xstate.cancel': ({ sendId }) => cancel(sendId),
  'xstate.emit': ({ event }) => emit((scope) => fill(event, scope)),
};
const builtInGuards = {
  'xstate.and': ({ guards }) => and(guards.map(reviveGuard)),
  'xstate.or': ({ guards }) => or(guards.map(reviveGuard)),
  'xstate.not': ({ guard }) => not(reviveGuard(guard)),
  'xstate.stateIn': ({ stateValue }) => stateIn(stateValue),
};
const reviveAction = (action) => builtInActions[action.type]?.(action.params) ?? action;
const reviveGuard = (guard) => builtInGuards[guard.type]?.(guard.params) ?? guard;
const each = (object, revive) => Object.fromEntries(Object.entries(object).map(([key, one]) => [key, revive(one)]));

function reviveTransitions(transitions) {
  return list(transitions).map((one) => {
    if (typeof one === 'string') return one;
    const revived = { ...one };
    if (one.guard !== undefined) revived.guard = reviveGuard(one.guard);
    if (one.actions !== undefined) revived.actions = list(one.actions).map(reviveAction);
    return revived;
  });
}

function reviveInitial(initial) {
  return typeof initial === 'string' ? initial : { ...initial, actions: list(initial.actions).map(reviveAction) };
}

const reviveActions = (actions) => list(actions).map(reviveAction);
const parts = {
  states: (states) => each(states, reviveNode),
  initial: reviveInitial,
  on: (on) => each(on, reviveTransitions),
  after: (after) => each(after, reviveTransitions),
  always: reviveTransitions,
  onDone: reviveTransitions,
  entry: reviveActions,
  exit: reviveActions,
  output: (output) => (scope) => fill(output, scope),
};

function reviveNode(node) {
  return Object.fromEntries(Object.entries(node).map(([key, one]) => [key, parts[key] ? parts[key](one) : one]));
}

const guards = {
  odd: ({ context }) => context.n % 2 === 1,
  below: ({ context }, { limit }) => context.n < limit,
};

// Timers do not run by themselves: `fire` calls what was scheduled last under an id, or what was before it.
function clockOf(scheduled) {
  const seen = new Map();
  return {
    setTimeout(call) {
      for (const [key, entry] of Object.entries(scheduled())) {
        const known = seen.get(key);
        if (known?.entry !== entry) seen.set(key, { entry, call, earlier: known?.call });
      }
    },
    clearTimeout() {},
    fire: (key, earlier) => seen.get(key)[earlier ? 'earlier' : 'call'](),
  };
}

function run({ config, events }) {
  let log = [];
  const actions = {
    log: ({ context }, { name }) => log.push([name, context.n]),
    count: assign({ n: ({ context }) => context.n + 1 }),
  };
  const outlet = { output: ({ event }) => event.output ?? null }; // a chart's output is its end's
  const options = { maxIterations: 5000 }; // a loop is an error, not a process that hangs
  const machine = createMachine({ ...outlet, ...reviveNode(config), options }, { actions, guards });
  const scheduled = () => actor.system.getSnapshot()._scheduledEvents;
  const clock = clockOf(scheduled);
  const actor = createActor(machine, { clock });
  let error = null;
  actor.subscribe({ error: (raised) => (error = String(raised)) });
  const observe = () => {
    const { value, context, status, output } = actor.getSnapshot();
    const timers = Object.values(scheduled()).map(({ id, event, delay }) => [id, event.type, delay]);
    const seen = { value, context, status, output: output ?? null, log, timers, error };
    log = [];
    return seen;
  };
  actor.start();
  const steps = [observe()];
  for (const event of events) {
    if (event.fire !== undefined) clock.fire(`${actor.sessionId}.${event.fire}`, event.earlier);
    else actor.send(event);
    steps.push(observe());
  }
  actor.stop();
  return steps;
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = { steps: run(JSON.parse(line)) };
  } catch (error) {
    answer = { error: String(error) };
  }
  console.log(JSON.stringify(answer));
}
