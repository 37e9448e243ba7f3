/** Entry of the pages in the field: the shell that a phone keeps. */

import "./field/field.css";
import { FieldPage } from "./field/page";

const root = document.querySelector<HTMLElement>("[data-field]");
if (root) void FieldPage.start(root);
