/** Encryption on the phone: AES-GCM throughout; the key of what was taken along is wrapped by a passphrase. */

export const ROUNDS = 600_000;

export interface Sealed {
  iv: Uint8Array<ArrayBuffer>;
  data: ArrayBuffer;
}

/** What is kept of a passphrase: salt, rounds and the wrapped key. It tells whether a passphrase is right, no more. */
export interface Lock {
  salt: Uint8Array<ArrayBuffer>;
  rounds: number;
  wrapped: Sealed;
}

const AES: AesKeyGenParams = { name: "AES-GCM", length: 256 };

function random(bytes: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(bytes));
}

async function wrappingKey(passphrase: string, salt: Uint8Array<ArrayBuffer>, rounds: number): Promise<CryptoKey> {
  const raw = new TextEncoder().encode(passphrase.normalize("NFKC"));
  const material = await crypto.subtle.importKey("raw", raw, "PBKDF2", false, ["deriveKey"]);
  return crypto.subtle.deriveKey({ name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds }, material, AES, false, [
    "wrapKey",
    "unwrapKey",
  ]);
}

/** A fresh key and its lock. The rounds are a parameter for tests only. */
export async function newLock(passphrase: string, rounds = ROUNDS): Promise<{ key: CryptoKey; lock: Lock }> {
  const fresh = await crypto.subtle.generateKey(AES, true, ["encrypt", "decrypt"]);
  const salt = random(16);
  const iv = random(12);
  const data = await crypto.subtle.wrapKey("raw", fresh, await wrappingKey(passphrase, salt, rounds), { name: "AES-GCM", iv });
  const lock = { salt, rounds, wrapped: { iv, data } };
  // The key in use cannot be read out, not even by a script of this page.
  return { key: await openLock(passphrase, lock), lock };
}

/** The key behind a lock; rejects when the passphrase is wrong. */
export async function openLock(passphrase: string, lock: Lock): Promise<CryptoKey> {
  const wrapping = await wrappingKey(passphrase, lock.salt, lock.rounds);
  const { iv, data } = lock.wrapped;
  return crypto.subtle.unwrapKey("raw", data, wrapping, { name: "AES-GCM", iv }, AES, false, ["encrypt", "decrypt"]);
}

/** A key that never leaves this browser: for what has to be sent even when the passphrase is lost. */
export function deviceKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey(AES, false, ["encrypt", "decrypt"]);
}

export async function seal(key: CryptoKey, content: Uint8Array<ArrayBuffer> | ArrayBuffer): Promise<Sealed> {
  const iv = random(12);
  return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, content) };
}

export function open(key: CryptoKey, sealed: Sealed): Promise<ArrayBuffer> {
  return crypto.subtle.decrypt({ name: "AES-GCM", iv: sealed.iv }, key, sealed.data);
}

export function sealJson(key: CryptoKey, value: unknown): Promise<Sealed> {
  return seal(key, new TextEncoder().encode(JSON.stringify(value)));
}

export async function openJson<T>(key: CryptoKey, sealed: Sealed): Promise<T> {
  return JSON.parse(new TextDecoder().decode(await open(key, sealed))) as T;
}

export async function sha256(content: ArrayBuffer | Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
