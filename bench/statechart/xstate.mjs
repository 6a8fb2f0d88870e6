// XState v5 on the cases of cases.json, one order per line of stdin: {"case", "way", "cycles"}; a cycle is all events
// of the case. Answers one line: CPU microseconds, and the state after each event of one more cycle.
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

// Each way gives a function that takes one event and returns the state value.
const ways = {
  'actor.send': (machine) => {
    const actor = createActor(machine).start();
    return (event) => {
      actor.send(event);
      return actor.getSnapshot().value;
    };
  },
  'transition()': (machine) => {
    let [snapshot] = initialTransition(machine);
    return (event) => {
      [snapshot] = transition(machine, snapshot, event);
      return snapshot.value;
    };
  },
  stored: (machine) => {
    let stored = JSON.stringify(createActor(machine).start().getPersistedSnapshot());
    return (event) => {
      const actor = createActor(machine, { snapshot: JSON.parse(stored) }).start();
      actor.send(event);
      stored = JSON.stringify(actor.getPersistedSnapshot());
      actor.stop();
      return actor.getSnapshot().value;
    };
  },
};

const running = {};
for (const [name, machine] of Object.entries(machines)) {
  const events = cases[name].events.map((type) => ({ type }));
  for (const [way, begin] of Object.entries(ways)) running[`${name} ${way}`] = { events, take: begin(machine) };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { case: name, way, cycles } = JSON.parse(line);
  const { events, take } = running[`${name} ${way}`];
  const start = process.cpuUsage();
  for (let i = 0; i < cycles; i++) for (const event of events) take(event);
  const { user, system } = process.cpuUsage(start);
  console.log(JSON.stringify({ microseconds: user + system, values: events.map(take) }));
}
