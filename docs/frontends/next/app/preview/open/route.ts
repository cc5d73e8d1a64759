/** Opens the preview of a draft: `/preview/open?token=…&path=/glossary/dropout`. */
import { cookies, draftMode } from "next/headers";
import { redirect } from "next/navigation";
import type { NextRequest } from "next/server";

import { COOKIE } from "../cookie";

export async function GET(request: NextRequest) {
  const token = request.nextUrl.searchParams.get("token");
  const path = request.nextUrl.searchParams.get("path");
  if (!token || !path || !/^\/(?![/\\])/.test(path)) {
    return new Response("A preview needs a token, and a path that begins with one slash.", {
      status: 400,
    });
  }
  (await cookies()).set(COOKIE, token, { httpOnly: true, sameSite: "lax", maxAge: 3600 });
  (await draftMode()).enable();
  redirect(path);
}
