/** Sends one placing to the server: the same key however often it is tried, so that it is written once. */

export interface Placed {
  courtyard: number;
  version: number;
  accuracy_m: number | null;
  revisions: number[];
}

export class Refused extends Error {}

/** A key that no other request has; `crypto.randomUUID` is missing where a village serves plain HTTP. */
export function requestKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Posts a form; a lost connection is tried again with the same bytes, a refusal becomes its sentence. */
export async function send<T>(address: string, fields: Record<string, string>, token: string, tries = 3): Promise<T> {
  const body = new URLSearchParams(fields).toString();
  for (let attempt = 1; ; attempt += 1) {
    let answer: Response;
    try {
      answer = await fetch(address, {
        method: "POST",
        headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded", "x-csrftoken": token },
        body,
      });
    } catch (error) {
      if (attempt >= tries) throw error;
      await new Promise((resolve) => setTimeout(resolve, 800 * attempt));
      continue;
    }
    if (answer.ok) return (await answer.json()) as T;
    const said = (await answer.json().catch(() => ({}))) as { error?: { title?: string; detail?: string } };
    throw new Refused(said.error?.detail || said.error?.title || `${answer.status}`);
  }
}

/** Degrees as the server takes them: nine decimals are a tenth of a millimetre. */
export function degrees(value: number): string {
  return value.toFixed(9);
}

/** How far the arrow keys move the cross-hair, in pixels: fine by default, far with Shift. */
export function arrowStep(key: string, isFar: boolean): [number, number] | null {
  const step = isFar ? 120 : 8;
  const moves: Record<string, [number, number]> = {
    ArrowLeft: [-step, 0],
    ArrowRight: [step, 0],
    ArrowUp: [0, -step],
    ArrowDown: [0, step],
  };
  return moves[key] ?? null;
}
