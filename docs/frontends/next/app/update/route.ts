/**
 * Makes the pages again that have changed: `POST /update`, with the secret as a bearer token.
 *
 * Next.js keeps all other pages.
 */
import { timingSafeEqual } from "node:crypto";

import { revalidatePath } from "next/cache";
import { changesSince, keepBuild, keptBuild } from "site/changes";

import { BUILD } from "../../build";

export async function POST(request: Request) {
  if (!isAllowed(request.headers.get("authorization") ?? "")) {
    return new Response("The secret is wrong.", { status: 401 });
  }
  const last = await keptBuild(BUILD);
  const build = await changesSince(last?.position);
  await keepBuild(BUILD, build);
  if (build.whole) revalidatePath("/", "layout");
  else for (const path of ["/", ...build.paths]) revalidatePath(path);
  return Response.json({ position: build.position, paths: build.paths });
}

function isAllowed(authorization: string): boolean {
  const secret = process.env.UPDATE_SECRET;
  if (!secret) return false;
  const expected = Buffer.from(`Bearer ${secret}`);
  const given = Buffer.from(authorization);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
