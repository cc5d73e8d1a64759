/** Opens the preview of a draft. */
import type { APIRoute } from "astro";
import { COOKIE, LONGEST, namedPreview, refusedPreview } from "site/preview";

export const prerender = false;

export const GET: APIRoute = ({ url, cookies, redirect }) => {
  const preview = namedPreview(url.searchParams);
  if (!preview) return refusedPreview();
  cookies.set(COOKIE, preview.token, {
    path: "/preview",
    httpOnly: true,
    sameSite: "lax",
    maxAge: LONGEST,
  });
  return redirect(`/preview${preview.path}`, 303);
};
