// What a site does with the documents of the README and of the pages on delivery.

import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";
import {
  ChangesDocument,
  ManyDocument,
  OverviewDocument,
  RouteDocument,
  SearchDocument,
  TermDocument,
} from "./generated/graphql";

async function ask<Data, Variables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: print(document), variables }),
  });
  return (await response.json()).data;
}

export async function signedBy(): Promise<string> {
  const { entry } = await ask(TermDocument, {});
  // @ts-expect-error: nobody may have signed it off.
  entry?.review.signedAt;
  return entry?.review?.reviewers.map(({ name }) => name).join(", ") ?? "nobody";
}

export async function basics(): Promise<Map<string, string | undefined>> {
  const { glossaryTerms } = await ask(ManyDocument, { category: "foundations" });
  // @ts-expect-error: a category is named by its path.
  await ask(ManyDocument, { category: 1 });
  const basic = glossaryTerms.nodes.filter(({ level }) => level === "BASIC");
  // @ts-expect-error: there is no such level.
  glossaryTerms.nodes.filter(({ level }) => level === "EASY");
  return new Map(basic.map(({ title, category }) => [title, category?.treePath]));
}

export async function found(text: string): Promise<string[]> {
  const { entries } = await ask(SearchDocument, { text });
  return entries.edges.map(({ node, highlight }) => highlight?.title ?? node.title);
}

export async function months(): Promise<Date[]> {
  const { buyerGuides } = await ask(OverviewDocument, {});
  return buyerGuides.histogram.map(({ start }) => new Date(start));
}

export async function status(): Promise<number> {
  const { route } = await ask(RouteDocument, {});
  return route && "to" in route && route.to.startsWith("/") ? 301 : (route?.status ?? 404);
}

export async function gone(since: string): Promise<string[]> {
  const { sync } = await ask(ChangesDocument, { since });
  return sync.nodes.flatMap(({ kind, path, entryId }) => (kind === "UPSERT" ? [] : [path ?? entryId]));
}
