// json-logic-js, one order per line of stdin. {"rules", "data"} sets up: rules of policies, and facts of events. {"cycles"}
// evaluates all rules on each event that often and answers one line: CPU microseconds, and how many rules were true for each
// event.
import { createInterface } from 'node:readline';
import jsonLogic from 'json-logic-js';

let rules = [];
let data = [];

const evaluate = (facts) => {
  let hits = 0;
  for (const rule of rules) if (jsonLogic.apply(rule, facts) === true) hits += 1;
  return hits;
};

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  if (order.rules) ({ rules, data } = order);
  const hits = data.map(evaluate);
  const start = process.cpuUsage();
  for (let i = 0; i < (order.cycles ?? 0); i++) for (const facts of data) evaluate(facts);
  const { user, system } = process.cpuUsage(start);
  console.log(JSON.stringify({ microseconds: user + system, hits }));
}
