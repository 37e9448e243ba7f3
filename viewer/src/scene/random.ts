/** Deterministic pseudo-random numbers: the same parcel looks the same on every screen and in every test. */

/** A 32-bit hash of up to three integers, as a fraction 0..1 (mixing constants of MurmurHash3). */
export function fraction(a: number, b = 0, c = 0): number {
  let h = Math.imul(a | 0, 0x9e3779b1) ^ Math.imul(b | 0, 0x85ebca6b) ^ Math.imul(c | 0, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296;
}

/** A stream of fractions from one seed. */
export function stream(seed: number): () => number {
  let n = 0;
  return () => fraction(seed, n++, 77);
}
