/** What lies on the phone: one IndexedDB, which a reboot does not touch. */

import { deleteDB, openDB, type DBSchema, type IDBPDatabase } from "idb";
import type { Answer, Basics, Difference, State } from "./contracts";
import type { Lock, Sealed } from "./crypt";

/** One thing to send. Its content and photos are sealed and are removed once it is sent. */
export interface Item {
  key: string;
  user: string;
  kind: string;
  at: number;
  state: State;
  sealed: Sealed | null;
  photos: Sealed[];
  answer?: Answer;
  detail?: string;
  fields?: Difference[];
}

export interface Kept {
  lock: Lock;
  today: Sealed;
  at: number;
  wrong: number;
}

interface Shape extends DBSchema {
  items: { key: string; value: Item };
  kept: { key: "today"; value: Kept };
  keys: { key: "device"; value: CryptoKey };
  basics: { key: "basics"; value: Basics };
}

export type Store = IDBPDatabase<Shape>;

export const NAME = "xiaoyuan-field";

export function openStore(name = NAME): Promise<Store> {
  return openDB<Shape>(name, 1, {
    upgrade(db) {
      db.createObjectStore("items", { keyPath: "key" });
      db.createObjectStore("kept");
      db.createObjectStore("keys");
      db.createObjectStore("basics");
    },
    // A newer page or a sign-out in another tab goes first.
    blocking(_current, _blocked, event) {
      (event.target as IDBDatabase).close();
    },
  });
}

/** Removes everything, unsent reports too: only after somebody said so. */
export async function removeStore(store: Store, name = NAME): Promise<void> {
  await Promise.all([store.clear("items"), store.clear("kept"), store.clear("keys"), store.clear("basics")]);
  store.close();
  await deleteDB(name);
}
