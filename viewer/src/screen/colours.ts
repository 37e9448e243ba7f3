/** Colours of classes: ramps that stay apart in grey and for the colour-blind, Okabe-Ito for words. */

/** Light to dark (ColorBrewer YlGnBu, five classes): ordered in lightness, safe for all common colour vision. */
export const RAMP = ["#ffffcc", "#a1dab4", "#41b6c4", "#2c7fb8", "#253494"];
/** Okabe and Ito (2008), without black; the eighth is for what is gathered as others. */
export const WORDS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#9a9a94"];
export const NO_DATA = "#c9c8c0";

/** Colours of `count` classes, light to dark; fewer classes are spread over the ramp. */
export function rampOf(count: number): string[] {
  if (count <= 1) return [RAMP[2] as string];
  return Array.from({ length: count }, (_, i) => RAMP[Math.round((i * (RAMP.length - 1)) / (count - 1))] as string);
}

/** The class of a value between ascending limits; the highest limit belongs to the last class. */
export function classOf(value: number, limits: readonly number[]): number {
  const last = Math.max(0, limits.length - 2);
  for (let i = 0; i < last; i++) if (value < (limits[i + 1] as number)) return i;
  return last;
}
