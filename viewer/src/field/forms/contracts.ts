/** A county's form as the server sends it: one language, conditions as trees. */

import type { Tree } from "./evaluating";

export type Kind = "text" | "integer" | "decimal" | "date" | "select_one" | "select_multiple" | "image" | "note" | "calculate" | "group" | "repeat";

export interface Choice {
  name: string;
  label: string;
}

export interface Question {
  kind: Kind;
  name: string;
  label: string;
  hint: string;
  message: string;
  fallback: string;
  is_long: boolean;
  required?: Tree;
  relevant?: Tree;
  constraint?: Tree;
  calculation?: Tree;
  choices?: Choice[];
  children?: Question[];
}

export interface Form {
  version: string;
  key: string;
  number: number;
  division: string;
  title: string;
  questions: Question[];
}

/** What was typed: a text, chosen names, or the entries of a repeat. */
export type Given = string | string[] | Raw[];
export interface Raw {
  [name: string]: Given;
}
