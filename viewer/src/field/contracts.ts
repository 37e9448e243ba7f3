/** What the server tells the pages in the field, and what they hand in. Numbers of rows are texts. */

import type { Form } from "./forms/contracts";

export interface Step {
  step: string;
  label: string;
  needs_reason: boolean;
}

export interface Assigned {
  id: string;
  version: number;
  category: string;
  state: string;
  words: string;
  place: string;
  courtyard: string;
  finish_by: string;
  steps: Step[];
}

export interface Place {
  id: string;
  address: string;
  number: string;
  group: string;
  division: string;
  households: number;
  lon: number | null;
  lat: number | null;
}

export interface Plate {
  id: string;
  hash: string;
  code: string;
  courtyard: string;
  state: string;
  version: number;
}

export interface Named {
  code: string;
  name: string;
}

/** A task, visit or round: what to do, where, by when, and how it is handed in. */
export interface Work {
  id: string;
  version: number;
  title: string;
  words: string;
  place: string;
  due: string;
  checks?: string[];
}

export interface Today {
  user: string;
  name: string;
  day: string;
  divisions: Named[];
  categories: Named[];
  incidents: Assigned[];
  tasks: Work[];
  visits: Work[];
  rounds: Work[];
  forms: Form[];
  courtyards: Place[];
  is_cut: boolean;
  plates: Plate[];
}

/** Public knowledge that a report needs; it stays on the phone in the clear. */
export type Basics = Pick<Today, "user" | "divisions" | "categories">;

export interface Submission {
  kind: string;
  payload: Record<string, unknown>;
  row_version: number | null;
}

export interface Difference {
  field: string;
  now: string;
}

export type State = "queued" | "sending" | "sent" | "conflict" | "refused";

export interface Answer {
  receipt_no?: string;
  path?: string;
  state?: string;
}
