/** Entry of the console's placing page: finds its place in the page and loads the map only there. */

import "./placing.css";

const place = document.querySelector<HTMLElement>("[data-placing]");
if (place) void import("./map/placing").then(({ openPlacing }) => openPlacing(place));
