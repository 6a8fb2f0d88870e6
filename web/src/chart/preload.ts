/** Fetch what draws a chart while the page that will show one still waits for its data. */
export function preloadChart(): void {
  void import("./Statechart");
  void import("./layout").then(({ warm }) => warm());
}
