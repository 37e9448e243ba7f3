/** Taking along: today's work lies on the phone under a passphrase; five wrong ones remove it, never what is unsent. */

import type { Today } from "./contracts";
import { newLock, openJson, openLock, sealJson, ROUNDS } from "./crypt";
import type { Store } from "./store";

export const TRIES = 5;
export const SHORTEST = 6;

export class WrongPassphrase extends Error {
  constructor(readonly left: number) {
    super(left > 0 ? `密码不对，还可以试 ${left} 次。` : "密码错了五次，手机上带走的资料已经清除。没有发出的上报都还在。");
  }
}

export class Kept {
  private key: CryptoKey | null = null;

  constructor(
    private readonly store: Store,
    private readonly rounds = ROUNDS,
  ) {}

  /** Whether something lies on the phone, as far as was looked. */
  isTaken = false;

  async look(): Promise<boolean> {
    this.isTaken = (await this.store.get("kept", "today")) !== undefined;
    return this.isTaken;
  }

  get isOpen(): boolean {
    return this.key !== null;
  }

  /** Keeps today's work under a new passphrase. */
  async take(today: Today, passphrase: string, now = Date.now()): Promise<void> {
    if ([...passphrase].length < SHORTEST) throw new Error(`密码至少 ${SHORTEST} 位。`);
    const { key, lock } = await newLock(passphrase, this.rounds);
    await this.store.put("kept", { lock, today: await sealJson(key, today), at: now, wrong: 0 }, "today");
    this.key = key;
    this.isTaken = true;
  }

  /** Replaces what is kept by newer work, once it was opened; tells whether it did. */
  async renew(today: Today, now = Date.now()): Promise<boolean> {
    const kept = await this.store.get("kept", "today");
    if (!kept || !this.key) return false;
    await this.store.put("kept", { ...kept, today: await sealJson(this.key, today), at: now }, "today");
    return true;
  }

  /** Opens what was taken along. The try is counted before the passphrase is tested, so that closing the page saves none. */
  async open(passphrase: string): Promise<{ today: Today; at: number }> {
    const change = this.store.transaction("kept", "readwrite");
    const kept = await change.store.get("today");
    if (!kept) throw new WrongPassphrase(0);
    const wrong = kept.wrong + 1;
    await change.store.put({ ...kept, wrong }, "today");
    await change.done;
    let key: CryptoKey;
    try {
      key = await openLock(passphrase, kept.lock);
    } catch {
      if (wrong >= TRIES) await this.wipe();
      throw new WrongPassphrase(Math.max(0, TRIES - wrong));
    }
    const today = await openJson<Today>(key, kept.today);
    await this.store.put("kept", { ...kept, wrong: 0 }, "today");
    this.key = key;
    return { today, at: kept.at };
  }

  /** Removes what was taken along; unsent reports lie elsewhere, under another key. */
  async wipe(): Promise<void> {
    this.key = null;
    this.isTaken = false;
    await this.store.clear("kept");
  }
}
