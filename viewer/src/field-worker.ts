/** The service worker of the pages in the field: keeps the shell, which holds nothing about people. */

import { clientsClaim } from "workbox-core";
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute, type PrecacheEntry } from "workbox-precaching";
import { NavigationRoute, registerRoute } from "workbox-routing";

declare const self: { __WB_MANIFEST: PrecacheEntry[]; __SHELL: string; skipWaiting(): Promise<void> };

void self.skipWaiting();
clientsClaim();
cleanupOutdatedCaches();
// The server writes both in front of this file, for the installation that is served.
precacheAndRoute(self.__WB_MANIFEST);
const shell = createHandlerBoundToURL(self.__SHELL);
registerRoute(new NavigationRoute(shell, { allowlist: [/^\/field\/app\/$/] }));
// The plain page needs the server; without one, the shell says the rest.
registerRoute(
  new NavigationRoute(async (context) => fetch(context.request).catch(() => shell(context)), { allowlist: [/^\/field\/$/] }),
);
