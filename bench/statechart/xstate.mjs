// XState v5 on the cases of cases.json, one order per line of stdin: {"case", "way", "cycles", "warmUp"}; a cycle is all
// events of the case. Answers one line: CPU microseconds of `cycles` cycles after `warmUp` others, and the state after each
// event of one more cycle.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { assign, createActor, initialTransition, setup, transition } from 'xstate';

const cases = JSON.parse(readFileSync(new URL('./cases.json', import.meta.url)));

const machines = {
  flat: setup({
    actions: { bumpRevision: assign({ revision: ({ context }) => context.revision + 1 }) },
    guards: { withinLimit: ({ context }) => context.amount <= context.limit },
  }).createMachine({ ...cases.flat.definition, context: cases.flat.context }),
  nested: setup({ actions: { inc: () => {} } }).createMachine({ ...cases.nested.definition, context: {} }),
};

// Each way gives a function that takes one event, and one that reads the state value after it.
const ways = {
  'actor.send': (machine) => {
    const actor = createActor(machine).start();
    return { take: (event) => actor.send(event), value: () => actor.getSnapshot().value };
  },
  'transition()': (machine) => {
    let [snapshot] = initialTransition(machine);
    const take = (event) => {
      [snapshot] = transition(machine, snapshot, event);
    };
    return { take, value: () => snapshot.value };
  },
  stored: (machine) => {
    let stored = JSON.stringify(createActor(machine).start().getPersistedSnapshot());
    const take = (event) => {
      const actor = createActor(machine, { snapshot: JSON.parse(stored) }).start();
      actor.send(event);
      stored = JSON.stringify(actor.getPersistedSnapshot());
      actor.stop();
    };
    return { take, value: () => JSON.parse(stored).value };
  },
};

const prepare = (name, way) => ({
  events: cases[name].events.map((type) => ({ type })),
  ...ways[way](machines[name]),
});

// Takes all events of a case `cycles` times; returns the microseconds of CPU.
const run = ({ events, take }, cycles) => {
  const start = process.cpuUsage();
  for (let i = 0; i < cycles; i++) for (const event of events) take(event);
  const { user, system } = process.cpuUsage(start);
  return user + system;
};

const running = {};
for await (const line of createInterface({ input: process.stdin })) {
  const { case: name, way, cycles, warmUp } = JSON.parse(line);
  const one = (running[`${name} ${way}`] ??= prepare(name, way));
  run(one, warmUp);
  const microseconds = run(one, cycles);
  const values = one.events.map((event) => (one.take(event), one.value()));
  console.log(JSON.stringify({ microseconds, values }));
}
