/** Builds what has changed in Copydesk, beside what earlier builds have made. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";

import type { AstroIntegration } from "astro";
import { changesSince, keepBuild, keptBuild } from "site/changes";

/** The build that runs; pages read its position and paths. */
export const RUNNING = "build.json";
const MADE = ".build";
const PUBLISHED = "dist";
const KEPT = join(PUBLISHED, RUNNING);

/**
 * Make only the pages that have changed since the last build, and put them into `dist`.
 *
 * All pages are made if there is no last build, if the code of the site has changed since then, or
 * if Copydesk was restored from an older backup.
 */
export function copydesk(): AstroIntegration {
  return {
    name: "copydesk",
    hooks: {
      "astro:config:setup": async ({ command, logger }) => {
        if (command !== "build") return;
        const last = await keptBuild(KEPT);
        const code = await digestOf("src", "astro.config.ts", "../site/src", "../package-lock.json");
        const build = await changesSince(last?.code === code ? last.position : undefined);
        await keepBuild(RUNNING, { ...build, code });
        logger.info(`${build.paths.length} paths to build${build.whole ? ": all" : ""}`);
      },
      "astro:build:done": async () => {
        const build = await keptBuild(RUNNING);
        if (!build) throw new Error(`${RUNNING} is missing: it was removed during the build`);
        if (build.whole) await rm(join(PUBLISHED, "client"), { recursive: true, force: true });
        for (const path of build.paths) {
          const page = join("client", path, "index.html");
          if (!existsSync(join(MADE, page))) await rm(join(PUBLISHED, page), { force: true });
        }
        await mkdir(PUBLISHED, { recursive: true });
        await cp(join(MADE, "client"), join(PUBLISHED, "client"), { recursive: true });
        await rm(join(PUBLISHED, "server"), { recursive: true, force: true });
        await rename(join(MADE, "server"), join(PUBLISHED, "server"));
        await rename(RUNNING, KEPT);
      },
    },
  };
}

/** Return a digest of files and of all files in folders. */
async function digestOf(...names: string[]): Promise<string> {
  const digest = createHash("sha256");
  for (const name of names) {
    const files = name.includes(".ts") || name.endsWith(".json") ? [name] : await filesIn(name);
    for (const file of files) digest.update(file).update(await readFile(file));
  }
  return digest.digest("hex");
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((each) => each.isFile());
  return files.map((each) => join(each.parentPath, each.name)).sort();
}
