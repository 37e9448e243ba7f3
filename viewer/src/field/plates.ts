/** Checking a plate without a network: its token against the hashes of one's own grid, its code by the check character. */

import type { Plate } from "./contracts";
import { sha256 } from "./crypt";

const ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const LENGTH = 18;

export type Verdict =
  | { kind: "known"; plate: Plate }
  | { kind: "unknown here" }
  | { kind: "well formed"; plate: Plate | null }
  | { kind: "mistyped" };

/** Whether the 18th character fits the 17 before it (weights 3^i mod 31, as in GB 32100-2015). */
export function isCode(text: string): boolean {
  if (!/^[0-9]{17}[0-9A-Z]$/.test(text)) return false;
  let total = 0;
  let weight = 1;
  for (const character of text.slice(0, LENGTH - 1)) {
    total += weight * ALPHABET.indexOf(character);
    weight = (weight * 3) % 31;
  }
  return ALPHABET[(31 - (total % 31)) % 31] === text[LENGTH - 1];
}

/** The token in what a camera read: the address of the plate's page, or the token alone. */
export function tokenOf(text: string): string | null {
  const found = /(?:\/d\/|^)([A-Za-z0-9_-]{16})\/?$/.exec(text.trim());
  return found?.[1] ?? null;
}

export async function check(text: string, plates: Plate[]): Promise<Verdict> {
  const code = text.replace(/[\s·-]/g, "").toUpperCase();
  if (/^[0-9]{12}/.test(code) && code.length <= LENGTH + 2) {
    if (!isCode(code)) return { kind: "mistyped" };
    return { kind: "well formed", plate: plates.find((plate) => plate.code.replace(/-/g, "") === code) ?? null };
  }
  const token = tokenOf(text);
  if (!token) return { kind: "mistyped" };
  const hash = await sha256(new TextEncoder().encode(token));
  const plate = plates.find((one) => one.hash === hash);
  return plate ? { kind: "known", plate } : { kind: "unknown here" };
}
