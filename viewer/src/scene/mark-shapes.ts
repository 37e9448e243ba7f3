/** Shapes of overlay markers: told apart without colour, in the scene and in the panel. */

export type MarkShape = "circle" | "diamond" | "square" | "triangle";
export const SHAPES: MarkShape[] = ["circle", "diamond", "square", "triangle"];
