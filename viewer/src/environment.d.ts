/** Folder of Cesium's run-time files, set by vite.config.ts. */
declare const __CESIUM_FOLDER__: string;
