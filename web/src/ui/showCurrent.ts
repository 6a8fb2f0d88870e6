/** The ref of a tab in a row that may be wider than the screen: the current one is scrolled to where it is seen. */
export function showCurrent(tab: HTMLElement | null): void {
  if (tab?.dataset["status"] === "active") tab.scrollIntoView({ block: "nearest", inline: "center" });
}
