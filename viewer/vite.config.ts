// Builds five entries (screen, map, placing, drawing, field) and one service worker with relative addresses, so that any static prefix works, and ships
// Cesium's run-time files in a folder named by version, so that they may be cached for ever.
import { readFileSync } from "node:fs";
import { build, defineConfig, type Plugin } from "vite";
import { viteStaticCopy } from "vite-plugin-static-copy";

const engine = "node_modules/@cesium/engine";
const engineVersion = (JSON.parse(readFileSync(`${engine}/package.json`, "utf8")) as { version: string }).version;
const cesiumFolder = `cesium-${engineVersion}`;

// Cesium guards its argument checks by these comments; its own release build removes them as well.
const debugBlocks = /\/\/>>includeStart\('debug'[^\n]*\n[\s\S]*?\/\/>>includeEnd\('debug'\);?/g;

function withoutCesiumDebug(): Plugin {
  return {
    name: "without-cesium-debug",
    transform(code, id) {
      if (!id.includes("@cesium/engine/Source")) return null;
      return { code: code.replace(debugBlocks, ""), map: null };
    },
  };
}

// A service worker is one classic script whose name stays: the server puts the list of the shell's files in front of it.
function withFieldWorker(): Plugin {
  let folder = "dist";
  return {
    name: "with-field-worker",
    apply: "build",
    configResolved(config) {
      folder = config.build.outDir;
    },
    async closeBundle() {
      await build({
        configFile: false,
        logLevel: "warn",
        define: { "process.env.NODE_ENV": JSON.stringify("production") },
        build: {
          outDir: folder,
          emptyOutDir: false,
          target: "es2022",
          lib: { entry: "src/field-worker.ts", formats: ["iife"], name: "fieldWorker", fileName: () => "field-worker.js" },
        },
      });
    },
  };
}

export default defineConfig({
  base: "./",
  define: { __CESIUM_FOLDER__: JSON.stringify(cesiumFolder) },
  build: {
    outDir: process.env["VIEWER_OUT"] ?? "dist",
    emptyOutDir: true,
    manifest: true,
    target: "es2022",
    chunkSizeWarningLimit: 6000,
    rolldownOptions: { input: { screen: "src/screen.ts", map: "src/map.ts", placing: "src/placing.ts", drawing: "src/drawing.ts", field: "src/field.ts" } },
  },
  plugins: [
    withoutCesiumDebug(),
    withFieldWorker(),
    viteStaticCopy({
      targets: [
        { src: `${engine}/Build/Workers/*.js`, dest: `${cesiumFolder}/Workers`, rename: { stripBase: 5 } },
        { src: `${engine}/Source/Assets/approximateTerrainHeights.json`, dest: `${cesiumFolder}/Assets`, rename: { stripBase: 5 } },
        { src: `${engine}/Source/Assets/IAU2006_XYS/*.json`, dest: `${cesiumFolder}/Assets/IAU2006_XYS`, rename: { stripBase: 6 } },
        { src: `${engine}/Source/Assets/Textures/waterNormalsSmall.jpg`, dest: `${cesiumFolder}/Assets/Textures`, rename: { stripBase: 6 } },
      ],
    }),
  ],
});
