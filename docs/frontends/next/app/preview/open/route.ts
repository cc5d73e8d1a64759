/** Opens the preview of a draft. */
import { cookies, draftMode } from "next/headers";
import { redirect } from "next/navigation";
import type { NextRequest } from "next/server";
import { COOKIE, LONGEST, namedPreview, refusedPreview } from "site/preview";

export async function GET(request: NextRequest) {
  const preview = namedPreview(request.nextUrl.searchParams);
  if (!preview) return refusedPreview();
  (await cookies()).set(COOKIE, preview.token, { httpOnly: true, sameSite: "lax", maxAge: LONGEST });
  (await draftMode()).enable();
  redirect(preview.path);
}
