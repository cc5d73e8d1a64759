/** Reading from Copydesk with typed documents. */
import type { TypedDocumentString } from "./generated/graphql";

/** Where Copydesk answers. */
export const COPYDESK_URL = process.env.COPYDESK_URL ?? "http://127.0.0.1:8000";

/** Copydesk answered with errors; `codes` are those of `extensions`. */
export class CopydeskError extends Error {
  readonly codes: string[];

  constructor(errors: { message: string; extensions?: { code?: string } }[]) {
    super(errors.map((each) => each.message).join("\n"));
    this.name = "CopydeskError";
    this.codes = errors.flatMap((each) => each.extensions?.code ?? []);
  }
}

/**
 * Return the data of a document.
 *
 * @param token a preview token, to read one draft as if it were public.
 * @throws CopydeskError if the answer has errors.
 * @throws Error if there is no answer.
 */
export async function read<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  token?: string,
): Promise<Result> {
  const response = await fetch(`${COPYDESK_URL}/graphql`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: JSON.stringify({ query: document.toString(), variables }),
  }).catch((cause) => {
    if (!(cause instanceof TypeError)) throw cause;
    throw new Error(`Copydesk does not answer at ${COPYDESK_URL}; see COPYDESK_URL`, { cause });
  });
  const { data, errors } = await response.json();
  if (errors) throw new CopydeskError(errors);
  return data;
}
