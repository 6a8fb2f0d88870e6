import type { Placed } from "./flow";
import type { Light } from "./light";
import { type Box, union } from "./viewport";

/** The innermost active state that is drawn: the smallest of those. */
export function activeState({ boxes }: Placed, active: ReadonlySet<string>): string | undefined {
  const size = (id: string) => (boxes.get(id)?.width ?? 0) * (boxes.get(id)?.height ?? 0);
  return [...boxes.keys()].filter((id) => active.has(id)).toSorted((a, b) => size(a) - size(b))[0];
}

/**
 * The parts of a chart that are worth seeing first, the largest in front: the active state with everything that can
 * come next or borders on it, with what borders on it or comes next nearby, with what comes next nearby, alone.
 */
export function partsToSee(placed: Placed, { active, nextNodes }: Light): Box[] {
  const here = activeState(placed, active);
  if (!here) return [];
  const inside = new Map(placed.nodes.map(({ id, data }) => [id, data.node.inside]));
  const closed = new Set(placed.nodes.filter(({ data }) => !data.node.open).map(({ id }) => id));
  const borders = placed.edges
    .filter(({ source, target }) => source === here || target === here)
    .flatMap(({ source, target }) => [source, target]);
  const next = [...nextNodes];
  const nearby = next.filter((id) => inside.get(id) === inside.get(here));
  const choices = [[...borders, ...next], [...borders, ...nearby], nearby, []];
  return choices.flatMap((ids) => {
    const boxes = [here, ...ids.filter((id) => closed.has(id))].map((id) => placed.boxes.get(id));
    return union(boxes.filter((box) => box !== undefined)) ?? [];
  });
}
