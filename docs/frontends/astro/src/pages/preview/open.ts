/** Opens the preview of a draft: `/preview/open?token=…&path=/glossary/dropout`. */
import type { APIRoute } from "astro";

export const prerender = false;

/** The name of the cookie that keeps the token, so that no address has it. */
export const COOKIE = "copydesk-preview";

export const GET: APIRoute = ({ url, cookies, redirect }) => {
  const token = url.searchParams.get("token");
  const path = url.searchParams.get("path");
  if (!token || !path || !/^\/(?![/\\])/.test(path)) {
    return new Response("A preview needs a token, and a path that begins with one slash.", {
      status: 400,
    });
  }
  cookies.set(COOKIE, token, { path: "/preview", httpOnly: true, sameSite: "lax", maxAge: 3600 });
  return redirect(`/preview${path}`, 303);
};
