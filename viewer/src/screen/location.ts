/** What the address says: the division in the path, the selected place in the fragment; both survive copy and back. */

import type { PlaceKind } from "../contracts";

export interface Place {
  kind: PlaceKind;
  cid: number;
  /** Needed only when a division shows several scenes. */
  scene?: string;
}

export interface Whereabouts {
  code: string;
  place: Place | null;
}

const KINDS: PlaceKind[] = ["building", "courtyard", "parcel", "road", "water"];

/** Reads a path such as /screen/520502103/ and a fragment such as #courtyard=12; null when it is another page. */
export function readLocation(path: string, fragment: string): Whereabouts | null {
  const code = /\/screen\/(\d{2,12})\/?$/.exec(path)?.[1];
  if (!code) return null;
  const values = new URLSearchParams(fragment.replace(/^#/, ""));
  for (const kind of KINDS) {
    const cid = Number(values.get(kind));
    if (values.has(kind) && Number.isSafeInteger(cid) && cid > 0) {
      const scene = values.get("scene");
      return { code, place: { kind, cid, ...(scene ? { scene } : {}) } };
    }
  }
  return { code, place: null };
}

export function writeLocation(where: Whereabouts, settings: readonly string[] = []): string {
  const { place } = where;
  const parts = place ? [`${place.kind}=${place.cid}`, ...(place.scene ? [`scene=${encodeURIComponent(place.scene)}`] : [])] : [];
  const fragment = [...parts, ...settings].join("&");
  return `/screen/${where.code}/${fragment ? `#${fragment}` : ""}`;
}

export function isSamePlace(a: Place | null, b: Place | null): boolean {
  return a === b || (a !== null && b !== null && a.kind === b.kind && a.cid === b.cid);
}
