/** Entry of the console's editing map: finds its place in the page and loads the map only there. */

import "./drawing.css";

const place = document.querySelector<HTMLElement>("[data-drawing]");
if (place) void import("./draw/editing").then(({ openDrawing }) => openDrawing(place));
