/** Numbers and dates as a county office writes them: grouped by three, 2026-11-23, ages in words. */

import type { Strings } from "./strings";

/** A figure's value: grouped by three, at most `digits` decimals; text passes; null becomes an empty string. */
export function formatValue(value: number | string | null, digits = 1): string {
  if (value === null) return "";
  if (typeof value === "string") return value;
  return new Intl.NumberFormat("en-US", { maximumFractionDigits: digits }).format(value);
}

/** Shortens axis numbers: 12,000 becomes 1.2万 in Chinese and 12k in English. */
export function formatAxis(value: number, language: string): string {
  if (Math.abs(value) < 10_000) return formatValue(value, 2);
  return language.startsWith("zh") ? `${formatValue(value / 10_000)}万` : `${formatValue(value / 1000)}k`;
}

/** The date part of an ISO time as it was written there; no time-zone shift of a stated date. */
export function formatDate(iso: string): string {
  return iso.slice(0, 10);
}

/** "2026-11-23 08:00" of an ISO time. */
export function formatDateTime(iso: string): string {
  const time = iso.slice(11, 16);
  return time ? `${formatDate(iso)} ${time}` : formatDate(iso);
}

/** Age in words; an unreadable or future date has none. Up to a day ahead is today: the server's date may have begun earlier. */
export function formatAge(iso: string, now: Date, age: Strings["age"]): string {
  const then = Date.parse(iso);
  if (Number.isNaN(then)) return "";
  const days = Math.floor((now.getTime() - then) / 86_400_000);
  if (days < -1) return "";
  if (days <= 0) return age.today;
  if (days < 60) return age.days(days);
  if (days < 730) return age.months(Math.floor(days / 30.44));
  return age.years(Math.floor(days / 365.25));
}

/** A village's everyday name: 双堰社区居民委员会 is written 双堰社区 on a map, 螺蛳村村民委员会 螺蛳村. */
export function shortName(name: string): string {
  return name.replace(/(社区|村)?(居民|村民)委员会$/, (_all, kind: string | undefined) => kind ?? "") || name;
}
