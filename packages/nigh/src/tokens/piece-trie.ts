/**
 * The pieces of a vocabulary as a tree of UTF-16 code units, in one hash table over all edges: a
 * Map per node would take ten times the memory for the 250 000 pieces of multilingual models.
 */
export class PieceTrie {
  /** The node where every piece starts. */
  static readonly ROOT = 0;

  #capacity = 1 << 12;
  #parents = new Int32Array(this.#capacity);
  #units = new Uint16Array(this.#capacity);
  /** Node 0 is nobody's child, so 0 marks a free slot. */
  #children = new Int32Array(this.#capacity);
  #pieceIds: number[] = [-1];

  /** Adds a piece; of equal pieces the last one counts. */
  add(piece: string, id: number): void {
    let node = PieceTrie.ROOT;
    for (let i = 0; i < piece.length; i++) {
      node = this.child(node, piece.charCodeAt(i)) || this.#addChild(node, piece.charCodeAt(i));
    }
    this.#pieceIds[node] = id;
  }

  /** The node one code unit further, or 0 where no piece goes on like this. */
  child(node: number, unit: number): number {
    return this.#children[this.#slot(node, unit)] ?? 0;
  }

  /** The id of the piece that ends at a node, or -1. */
  pieceAt(node: number): number {
    return this.#pieceIds[node] ?? -1;
  }

  /** The slot of an edge, or the free one where it belongs. */
  #slot(node: number, unit: number): number {
    const mask = this.#capacity - 1;
    const hash = Math.imul(Math.imul(node, 0x9e3779b1) ^ unit, 0x85ebca6b);
    let slot = (hash ^ (hash >>> 15)) & mask;
    while (
      this.#children[slot] !== 0 &&
      (this.#parents[slot] !== node || this.#units[slot] !== unit)
    ) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #addChild(node: number, unit: number): number {
    if (this.#pieceIds.length * 2 > this.#capacity) this.#grow();
    const child = this.#pieceIds.length;
    this.#pieceIds.push(-1);
    this.#insert(node, unit, child);
    return child;
  }

  #insert(node: number, unit: number, child: number): void {
    const slot = this.#slot(node, unit);
    this.#parents[slot] = node;
    this.#units[slot] = unit;
    this.#children[slot] = child;
  }

  #grow(): void {
    const [parents, units, children] = [this.#parents, this.#units, this.#children];
    this.#capacity *= 2;
    this.#parents = new Int32Array(this.#capacity);
    this.#units = new Uint16Array(this.#capacity);
    this.#children = new Int32Array(this.#capacity);
    for (let slot = 0; slot < children.length; slot++) {
      const child = children[slot] ?? 0;
      if (child !== 0) this.#insert(parents[slot] ?? 0, units[slot] ?? 0, child);
    }
  }
}
