/** The tones that the server knows; an unknown one is shown as neutral. */
const TONES = new Set(["neutral", "active", "waiting", "good", "warning", "bad"]);

export function toneOf(tone: string): string {
  return TONES.has(tone) ? tone : "neutral";
}
