// What an editor's desk does with the documents of the page on editing.

import type { ResultOf, VariablesOf } from "@graphql-typed-document-node/core";
import type {
  CreateDocument,
  DeskDocument,
  HistoryDocument,
  PublishDocument,
  UpdateDocument,
} from "./generated/graphql";

export const created: VariablesOf<typeof CreateDocument> = { title: "Dropout" };

export const update: VariablesOf<typeof UpdateDocument> = {
  entryId: "entry",
  baseRevision: "revision",
  values: { summary: null, level: "BASIC", body: "Some *text*." },
};

export const wrong: VariablesOf<typeof UpdateDocument> = {
  entryId: "entry",
  baseRevision: "revision",
  // @ts-expect-error: a term has no such value.
  values: { brand: "Hearth" },
};

export function conflicts({ updateGlossaryTerm }: ResultOf<typeof UpdateDocument>): string[] {
  return updateGlossaryTerm.errors.flatMap((error) =>
    "merge" in error ? (error.merge?.fields ?? []).map(({ label }) => label) : [error.message],
  );
}

export function overdue({ myQueue }: ResultOf<typeof DeskDocument>, now: Date): string[] {
  return myQueue.flatMap(({ entry, reviewRequest }) =>
    reviewRequest.dueAt && new Date(reviewRequest.dueAt) < now ? [entry.title] : [],
  );
}

export function authors({ entry }: ResultOf<typeof HistoryDocument>): (string | undefined)[] {
  return entry?.revisions.nodes.map(({ author }) => author?.name) ?? [];
}

export function published({ publishEntry }: ResultOf<typeof PublishDocument>): string | null {
  // @ts-expect-error: nothing is published if it was refused.
  publishEntry.publication.path;
  return publishEntry.publication?.path ?? null;
}
