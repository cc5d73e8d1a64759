/** Opening the preview of a draft: `/preview/open?token=…&path=/glossary/dropout`. */

/** The name of the cookie that keeps the token, so that no address has it. */
export const COOKIE = "copydesk-preview";
/** How long the cookie is kept, in seconds; no token is valid for longer. */
export const LONGEST = 3600;

/** What is to be previewed. */
export interface Preview {
  token: string;
  path: string;
}

/** Return the preview that a query names; undefined if it names none on this site. */
export function namedPreview(query: URLSearchParams): Preview | undefined {
  const token = query.get("token");
  const path = query.get("path");
  // Two slashes would begin the address of another site.
  if (!token || !path || !/^\/(?![/\\])/.test(path)) return undefined;
  return { token, path };
}

/** Return the response to a query that names no preview. */
export function refusedPreview(): Response {
  return new Response("A preview needs a token, and a path that begins with one slash.", {
    status: 400,
  });
}
