/** Clusters that are being merged, each known by the number of one of its vectors, with the distances of a linkage. */
export interface Merging {
  /**
   * The cluster nearest to `cluster`, and its distance: of equal ones `preferred` where it is among them, then the one with the lowest number.
   *
   * @param preferred -1 for none.
   */
  nearest(
    cluster: number,
    preferred: number,
  ): { readonly other: number; readonly distance: number };
  /** Merges `from` into `into`, whose number the new cluster has. */
  merge(from: number, into: number): void;
}
