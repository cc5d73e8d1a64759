/** A link to show; one whose target is not public has no address. */
export interface Link {
  label: string;
  url?: string | null;
  note?: string;
}
