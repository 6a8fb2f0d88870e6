import { describe, expect, test } from "vitest";
import { elkInput, labelLines } from "@/chart/elkInput";
import { pathOf } from "@/chart/flow";
import { type ChartGraph, drawingOf } from "@/chart/graph";
import { nextEdges, takenEdges } from "@/chart/lit";
import { firstViewport, isShown } from "@/chart/viewport";

const node = (id: string, parent: string | null, kind = "atomic") => ({
  id,
  key: id,
  label: `The ${id}`,
  tone: "neutral",
  description: "",
  kind,
  parent,
  initial: false,
});
const edge = (id: string, source: string, target: string, event: string | null, kind = "event") => ({
  id,
  source,
  target,
  event,
  label: event ?? "when clear",
  guard: null,
  kind,
});
const GRAPH: ChartGraph = {
  id: "sale",
  version: 1,
  label: "Sale",
  nodes: [
    node("root", null, "compound"),
    node("open", "root", "compound"),
    node("new", "open"),
    node("paid", "open"),
    node("cleared", "root"),
    node("gone", "root", "final"),
  ],
  edges: [
    edge("pay", "new", "paid", "PAY"),
    edge("clear", "open", "cleared", null, "always"),
    edge("cancel", "open", "gone", "CANCEL"),
    edge("reject", "open", "gone", "REJECT"),
  ],
};

describe("the drawing of a chart", () => {
  test("leaves the root out and puts children into their compound", () => {
    const { nodes } = drawingOf(GRAPH, new Set());
    expect(nodes.map(({ id, inside, open }) => [id, inside, open])).toEqual([
      ["open", undefined, true],
      ["new", "open", false],
      ["paid", "open", false],
      ["cleared", undefined, false],
      ["gone", undefined, false],
    ]);
  });

  test("shares one line between transitions of the same states", () => {
    const { edges } = drawingOf(GRAPH, new Set());
    expect(edges.map(({ source, target, labels }) => [source, target, labels])).toEqual([
      ["new", "paid", ["PAY"]],
      ["open", "cleared", ["when clear"]],
      ["open", "gone", ["CANCEL", "REJECT"]],
    ]);
  });

  test("hides what is in a collapsed compound and lifts its transitions", () => {
    const { nodes, edges } = drawingOf(GRAPH, new Set(["open"]));
    expect(nodes.map(({ id }) => id)).toEqual(["open", "cleared", "gone"]);
    expect(nodes[0]).toMatchObject({ compound: true, open: false });
    expect(edges.map(({ id }) => id)).toEqual(["open\u2192cleared", "open\u2192gone"]);
  });
});

test("states that are only passed through are quiet, and so are the lines out of them", () => {
  const rests = { ...edge("rest", "cleared", "gone", null, "always"), guard: "is fulfilled" };
  const nodes = [...GRAPH.nodes, node("where", "open"), node("back", "open", "history")];
  const edges = [
    edge("look", "new", "where", "LOOK"),
    edge("one", "where", "paid", null, "always"),
    { ...edge("two", "where", "new", null, "always"), guard: "is new" },
    rests,
  ];
  const drawing = drawingOf({ ...GRAPH, nodes, edges }, new Set());
  expect(drawing.nodes.filter(({ passing }) => passing).map(({ id }) => id)).toEqual(["where", "back"]);
  expect(drawing.edges.map(({ labels, passing }) => [labels, passing])).toEqual([
    [["LOOK"], false],
    [[], true],
    [[], true],
    [["when clear"], false],
  ]);
});

describe("the input for elk", () => {
  test("nests, asks for the given direction and gives leaves a size", () => {
    const input = elkInput(drawingOf(GRAPH, new Set()), "DOWN");
    expect(input.layoutOptions).toMatchObject({
      "elk.direction": "DOWN",
      "elk.hierarchyHandling": "INCLUDE_CHILDREN",
      "elk.json.edgeCoords": "ROOT",
    });
    const [open, cleared] = input.children ?? [];
    expect(open?.children?.map(({ id }) => id)).toEqual(["new", "paid"]);
    expect(open?.width).toBeUndefined();
    expect(cleared?.width).toBeGreaterThan(90);
    expect(input.edges?.map(({ sources, targets }) => [sources[0], targets[0]])).toContainEqual(["open", "gone"]);
  });

  test("lays a transition that leads back out the other way round", () => {
    const back = { ...GRAPH, edges: [edge("undo", "cleared", "new", "UNDO"), edge("enter", "open", "paid", "GO")] };
    const { edges } = elkInput(drawingOf(back, new Set()), "RIGHT");
    expect(edges?.map(({ sources, targets }) => [sources[0], targets[0]])).toEqual([
      ["new", "cleared"],
      ["open", "paid"],
    ]);
  });

  test("shortens long labels and counts the rest", () => {
    expect(labelLines(["a", "b", "c"])).toEqual(["a", "b", "c"]);
    expect(labelLines(["a", "b", "c", "d"])).toEqual(["a", "b", "and 2 more"]);
  });
});

describe("the light", () => {
  const log = [
    { eventType: "create", configuration: ["root", "open", "new"] },
    { eventType: "PAY", configuration: ["root", "cleared"] },
  ];

  test("follows an event through the eventless transitions behind it", () => {
    expect([...takenEdges(GRAPH, log)].toSorted()).toEqual(["clear", "pay"]);
  });

  test("is dark where nobody went", () => {
    expect(takenEdges(GRAPH, log.slice(0, 1)).size).toBe(0);
  });

  test("outlines what an allowed event can take out of the configuration", () => {
    const next = nextEdges(GRAPH.edges, ["root", "open", "new"], new Set(["CANCEL", "REFUND"]));
    expect([...next]).toEqual(["cancel"]);
    expect(nextEdges(GRAPH.edges, ["root", "cleared"], new Set(["CANCEL"])).size).toBe(0);
  });
});

describe("the first look", () => {
  const screen = { width: 800, height: 400 };

  test("shows all of a small chart in the middle", () => {
    const view = firstViewport({ width: 600, height: 200 }, [], screen);
    expect(view.zoom).toBeCloseTo(1.1);
    expect(view.x).toBeCloseTo((800 - 600 * 1.1) / 2);
  });

  test("stays readable on a large chart and shows the active state", () => {
    const active = { x: 1900, y: 500, width: 120, height: 40 };
    const view = firstViewport({ width: 4000, height: 1200 }, [active], screen);
    expect(view.zoom).toBeGreaterThanOrEqual(0.9);
    expect(isShown(active, view, screen)).toBe(true);
  });

  test("shows what is around the active state as far as it stays readable", () => {
    const active = { x: 1900, y: 500, width: 120, height: 40 };
    const near = { x: 1700, y: 450, width: 900, height: 200 };
    const far = { x: 0, y: 450, width: 2600, height: 200 };
    const view = firstViewport({ width: 4000, height: 1200 }, [far, near, active], screen);
    expect(isShown(near, view, screen)).toBe(true);
    expect(view.zoom).toBeLessThan(0.9);
  });

  test("leaves no empty side beyond the margin", () => {
    const view = firstViewport({ width: 4000, height: 300 }, [{ x: 10, y: 10, width: 100, height: 40 }], screen);
    expect(view.x).toBe(18);
  });
});

test("a transition's line has rounded corners and ends where elk says", () => {
  const path = pathOf([
    { x: 0, y: 0 },
    { x: 50, y: 0 },
    { x: 50, y: 40 },
  ]);
  expect(path).toBe("M 0 0 L 44 0 Q 50 0 50 6 L 50 40");
});
