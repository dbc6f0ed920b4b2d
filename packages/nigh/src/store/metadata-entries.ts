import { bindingOf, kindOf, type Metadata, type MetadataScalar } from "./metadata.js";

/** Added to the kind of a list's elements. */
export const ELEMENT = 10;

/** One row of a collection's metadata table, without the record's key. */
export interface MetadataEntry {
  readonly name: string;
  readonly kind: number;
  readonly value: string | number | bigint;
}

/** What filters find a record by: each value, each element of a list. */
export function* metadataEntries(metadata: Metadata | null): Generator<MetadataEntry> {
  if (metadata === null) return;
  for (const [name, value] of Object.entries(metadata)) {
    const isList = Array.isArray(value);
    for (const scalar of (isList ? value : [value]) as readonly MetadataScalar[]) {
      const kind = (kindOf(scalar) as number) + (isList ? ELEMENT : 0);
      yield { name, kind, value: bindingOf(scalar) };
    }
  }
}
