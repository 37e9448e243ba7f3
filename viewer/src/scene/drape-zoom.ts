/** Which vector tiles a level of the drape is drawn from; apart from Cesium, so that it can be tested without a browser. */

/** Zoom of the vector tiles to draw geographic `level` from: parcels start at 13 and should be seen from afar as well. */
export function zoomFor(level: number, [lowest, highest]: [number, number]): number {
  const same = level + 1;
  const wanted = level >= 10 ? Math.max(13, same) : same;
  return Math.max(lowest, Math.min(highest, wanted));
}
