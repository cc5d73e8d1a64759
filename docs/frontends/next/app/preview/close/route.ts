/** Closes the preview. */
import { cookies, draftMode } from "next/headers";
import { redirect } from "next/navigation";
import { COOKIE } from "site/preview";

export async function GET() {
  (await cookies()).delete(COOKIE);
  (await draftMode()).disable();
  redirect("/");
}
