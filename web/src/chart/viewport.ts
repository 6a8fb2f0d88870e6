export type Box = { x: number; y: number; width: number; height: number };
export type Size = { width: number; height: number };
export type Viewport = { x: number; y: number; zoom: number };

const MARGIN = 18;
const READABLE = 0.92;
const LARGEST = 1.1;

/**
 * The first look at a chart: all of it when it stays readable, else the active state in the middle at a
 * readable zoom, without leaving more empty space at a side than the margin.
 */
export function firstViewport(chart: Size, active: Box | undefined, screen: Size): Viewport {
  const whole = Math.min((screen.width - 2 * MARGIN) / chart.width, (screen.height - 2 * MARGIN) / chart.height);
  const zoom = Math.min(LARGEST, Math.max(READABLE, whole));
  const middle = active ?? { x: 0, y: 0, width: chart.width, height: 0 };
  return {
    zoom,
    x: place(middle.x + middle.width / 2, chart.width, screen.width, zoom),
    y: place(middle.y + middle.height / 2, chart.height, screen.height, zoom),
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
