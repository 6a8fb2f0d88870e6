/** A number of pieces, grouped in thousands. */
export function pieces(count: number): string {
  return count.toLocaleString("en");
}

/** A change of a number of pieces, always with its sign. */
export function change(count: number): string {
  return `${count < 0 ? "\u2212" : "+"}${pieces(Math.abs(count))}`;
}
