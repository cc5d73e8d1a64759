/** Closes the preview. */
import { cookies, draftMode } from "next/headers";
import { redirect } from "next/navigation";

import { COOKIE } from "../cookie";

export async function GET() {
  (await cookies()).delete(COOKIE);
  (await draftMode()).disable();
  redirect("/");
}
