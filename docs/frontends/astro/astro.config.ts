import node from "@astrojs/node";
import { defineConfig } from "astro/config";

import { copydesk } from "./copydesk";

export default defineConfig({
  // Pages are files; only the preview of a draft is answered by the server.
  output: "static",
  adapter: node({ mode: "standalone" }),
  outDir: ".build",
  // A page that is built alone uses the style sheet of all others.
  build: { inlineStylesheets: "never", format: "directory" },
  trailingSlash: "ignore",
  devToolbar: { enabled: false },
  integrations: [copydesk()],
});
