/** Entry of the small public map. */
export {};
