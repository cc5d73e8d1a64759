/** Which pages a build has to make: all of them once, then those that changed since. */
import { readFile, writeFile } from "node:fs/promises";

import { AffectedDocument, PositionDocument } from "./generated/graphql";
import { CopydeskError, read } from "./read";

/** A moment of the site, and the paths to build at it. */
export interface Build {
  /** The position that every page of the build is read at, and the next build starts from. */
  position: string;
  /** The paths to build; also those that a page has left. */
  paths: string[];
  /** Whether these are all paths of the site. */
  whole: boolean;
  /** A digest of the code that makes the pages, if the build keeps one. */
  code?: string;
}

/** Return what has changed since a position; everything if there is none, or if it is unknown. */
export async function changesSince(since?: string): Promise<Build> {
  const { position } = await read(PositionDocument, {});
  try {
    const paths = since === position ? [] : await affectedPaths(since, position);
    return { position, paths, whole: since === undefined };
  } catch (error) {
    // The position is of a database that was restored from an older backup, or of another site.
    if (since && error instanceof CopydeskError && error.codes.includes("RESYNC")) {
      return changesSince();
    }
    throw error;
  }
}

async function affectedPaths(since: string | undefined, until: string): Promise<string[]> {
  const paths: string[] = [];
  let after: string | null | undefined;
  do {
    const { affectedPaths: page } = await read(AffectedDocument, { since, until, after });
    paths.push(...page.nodes.map((node) => node.path));
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  } while (after);
  return paths;
}

/** Return the build that a file keeps; undefined if there is none. */
export async function keptBuild(file: string): Promise<Build | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Keep a build in a file. */
export async function keepBuild(file: string, build: Build): Promise<void> {
  await writeFile(file, JSON.stringify(build));
}
