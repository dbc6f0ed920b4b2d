import type { FileMetaData } from "hyparquet";
import { badFile } from "./exchange-errors.js";

/** Values of a column that memory is to hold at once: of embeddings, this many take about 2.5 GB while they are decoded. */
const MAX_GROUP_VALUES = 60_000_000;

/**
 * The rows of a file, which its row groups have between them.
 *
 * @param maxValues what a row group may hold of one column.
 * @throws NighError `ERR_FILE` where the counts disagree, or a row group does not fit into memory.
 */
export function countRows(
  path: string,
  { num_rows, row_groups }: Pick<FileMetaData, "num_rows" | "row_groups">,
  maxValues = MAX_GROUP_VALUES,
): number {
  let rows = 0;
  for (const group of row_groups) {
    rows += Number(group.num_rows);
    for (const { meta_data } of group.columns) {
      if (Number(meta_data?.num_values ?? 0) <= maxValues) continue;
      throw badFile(
        path,
        `a row group holds ${meta_data?.num_values} values in the column "${meta_data?.path_in_schema[0]}"; expected at most ${maxValues}, for they are read at once. Write the file with smaller row groups: row_group_size=10000 in pyarrow.`,
      );
    }
  }
  if (rows === Number(num_rows)) return rows;
  throw badFile(
    path,
    `the file is damaged: found ${rows} rows, expected ${num_rows}. Write the file again.`,
  );
}
