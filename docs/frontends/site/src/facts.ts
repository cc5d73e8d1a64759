/** What a page says in its table of facts, by its type. */
import type { EntryPageFragment } from "./generated/graphql";

/** Return the labelled facts of a page; those without a value are left out. */
export function factsOf(entry: EntryPageFragment): [label: string, value: string][] {
  const facts = allFacts(entry);
  return facts.flatMap(([label, value]) => (value ? [[label, value]] : []));
}

function allFacts(entry: EntryPageFragment): [string, string | null | undefined][] {
  switch (entry.__typename) {
    case "GlossaryTerm":
      return [
        ["Also known as", entry.alsoKnownAs.join(", ")],
        ["Level", entry.level?.toLowerCase()],
      ];
    case "BuyerGuide":
      return [
        ["Budget", range(entry.budgetFrom, entry.budgetTo)],
        ["Prices checked on", entry.checkedOn],
        ["Top pick", entry.topPick?.title],
        ["Affiliate links", entry.hasAffiliateLinks ? "yes" : "none"],
      ];
    case "ErrorFix":
      return [
        ["Message", entry.message],
        ["Severity", entry.severity.toLowerCase()],
      ];
    case "Hardware":
      return [
        ["Maker", entry.maker],
        ["Memory", measure(entry.memoryGb, "GB")],
        ["Memory bandwidth", measure(entry.bandwidthGbs, "GB/s")],
        ["Board power", measure(entry.powerWatts, "W")],
        ["Released on", entry.releasedOn],
      ];
    case "Model":
      return [
        ["Maker", entry.maker],
        ["Parameters", measure(entry.parametersBillions, "billion")],
        ["Context", measure(entry.contextTokens, "tokens")],
        ["Licence", entry.licence],
        ["Released on", entry.releasedOn],
        ["Sees images", entry.isMultimodal ? "yes" : "no"],
      ];
    case "Tool":
      return [
        ["Licence", entry.licence],
        ["Runs on", entry.platforms.map((each) => each.toLowerCase()).join(", ")],
      ];
    default:
      return [];
  }
}

function measure(value: number | null | undefined, unit: string): string | null {
  return value == null ? null : `${value} ${unit}`;
}

function range(from: string | null | undefined, to: string | null | undefined): string | null {
  if (from == null) return to == null ? null : `up to $${to}`;
  return to == null ? `from $${from}` : `$${from} to $${to}`;
}

/** Return who answers for the page, in a sentence. */
export function assuranceOf(entry: EntryPageFragment): string {
  const day = (time: string) => time.slice(0, 10);
  if (entry.review) {
    const names = entry.review.reviewers.map((each) => each.name).join(" and ");
    return `Reviewed and signed off by ${names} on ${day(entry.review.signedAt)}.`;
  }
  if (entry.basis === "IMPORTED") return `Taken over from ${entry.importSource ?? "another system"}.`;
  if (entry.basis === "BREAK_GLASS") return "Published urgently; its review follows.";
  return "This is a draft. It is not signed off.";
}
