/** Begins a build: keeps the position that all its pages are read at, and their paths. */
import { changesSince, keepBuild } from "site/changes";

import { BUILD } from "../build";

const build = await changesSince();
await keepBuild(BUILD, build);
console.log(`${build.paths.length} paths to build`);
