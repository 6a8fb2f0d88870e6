export type Box = { x: number; y: number; width: number; height: number };
export type Size = { width: number; height: number };
export type Viewport = { x: number; y: number; zoom: number };

const MARGIN = 18;
const READABLE = 0.92;
// Below this the words of a state are hard to read.
const SMALLEST = 0.8;
const LARGEST = 1.1;

/**
 * The first look at a chart: all of it when it stays readable, else the first of the given parts that can be read
 * as a whole, else the middle of the last one; without leaving more empty space at a side than the margin.
 */
export function firstViewport(chart: Size, parts: readonly Box[], screen: Size): Viewport {
  const whole = fit(chart, screen);
  if (whole >= SMALLEST) return around({ x: 0, y: 0, ...chart }, Math.min(LARGEST, whole), chart, screen);
  const part = parts.find((box) => fit(box, screen) >= SMALLEST);
  if (part) return around(part, Math.min(READABLE, fit(part, screen), ...lengths(chart, screen)), chart, screen);
  return around(parts.at(-1) ?? { x: 0, y: 0, width: chart.width, height: 0 }, READABLE, chart, screen);
}

/** The smallest box around some. */
export function union([first, ...rest]: readonly Box[]): Box | undefined {
  if (!first) return undefined;
  return rest.reduce((a, b) => {
    const x = Math.min(a.x, b.x);
    const y = Math.min(a.y, b.y);
    return {
      x,
      y,
      width: Math.max(a.x + a.width, b.x + b.width) - x,
      height: Math.max(a.y + a.height, b.y + b.height) - y,
    };
  }, first);
}

function fit(box: Size, screen: Size): number {
  return Math.min((screen.width - 2 * MARGIN) / box.width, (screen.height - 2 * MARGIN) / box.height);
}

/** The zooms at which the chart's height, or its width, is all there, as far as they are readable. */
function lengths(chart: Size, screen: Size): number[] {
  const zooms = [(screen.height - 2 * MARGIN) / chart.height, (screen.width - 2 * MARGIN) / chart.width];
  return zooms.filter((zoom) => zoom >= SMALLEST);
}

function around(box: Box, zoom: number, chart: Size, screen: Size): Viewport {
  return {
    zoom,
    x: place(box.x + box.width / 2, chart.width, screen.width, zoom),
    y: place(box.y + box.height / 2, chart.height, screen.height, zoom),
  };
}

/** Tell whether a box of the chart is wholly on the screen. */
export function isShown(box: Box, { x, y, zoom }: Viewport, screen: Size): boolean {
  const left = box.x * zoom + x;
  const top = box.y * zoom + y;
  return (
    left >= 0 && top >= 0 && left + box.width * zoom <= screen.width && top + box.height * zoom <= screen.height
  );
}

function place(middle: number, length: number, room: number, zoom: number): number {
  const drawn = length * zoom;
  if (drawn + 2 * MARGIN <= room) return (room - drawn) / 2;
  return Math.min(MARGIN, Math.max(room - drawn - MARGIN, room / 2 - middle * zoom));
}
