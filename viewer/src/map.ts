/** Entry of the small map on public pages: finds its places in the page and loads the map only where there are some. */

import "./map.css";

const places = [...document.querySelectorAll<HTMLElement>("[data-map]")];
if (places.length > 0) {
  void import("./map/draw").then(({ drawMap }) => {
    for (const place of places) void drawMap(place);
  });
}
