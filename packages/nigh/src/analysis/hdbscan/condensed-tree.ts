import type { SpanningTree } from "./mutual-reachability-tree.js";

/** A cluster on some level of density. Lambda is density: 1 / distance. */
export interface Branch {
  /** Number of the branch it splits from; -1 for the root, which is number 0. */
  readonly parent: number;
  /** Lambda at which it splits off. */
  readonly birth: number;
  /** Sum over its rows of the lambda through which they stay, above `birth`: how much there is to it (excess of mass). */
  stability: number;
}

/** Which branch each row falls out of, and when. */
export interface CondensedTree {
  /** A branch comes after its parent. */
  readonly branches: readonly Branch[];
  readonly branchOf: Int32Array;
  readonly lambdaOf: Float64Array;
}

/** A node of the binary tree: rows 0 to n - 1, then merges in the order of distance. */
interface Merges {
  readonly left: Uint32Array;
  readonly right: Uint32Array;
  readonly distances: Float64Array;
  readonly sizes: Uint32Array;
}

/**
 * The tree of what splits from what as density grows (Campello et al. 2013; McInnes and Healy 2017): parts of fewer than `least` rows fall out, and
 * only where both parts are larger a branch splits in two. Rows in the same place have endless density, where nothing splits any more.
 */
export function condense(tree: SpanningTree, rows: number, least: number): CondensedTree {
  const merges = mergesOf(tree, rows);
  const branches: Branch[] = [{ parent: -1, birth: 0, stability: 0 }];
  const branchOf = new Int32Array(rows);
  const lambdaOf = new Float64Array(rows);
  const sizeOf = (node: number): number =>
    node < rows ? 1 : (merges.sizes[node - rows] as number);
  const leave = (node: number, branch: number, lambda: number): void => {
    const own = branches[branch] as Branch;
    own.stability += sizeOf(node) * excess(lambda, own.birth);
    for (const row of rowsBelow(node, rows, merges)) {
      branchOf[row] = branch;
      lambdaOf[row] = lambda;
    }
  };
  const open: [node: number, branch: number][] = rows > 1 ? [[2 * rows - 2, 0]] : [];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [node, branch] = next;
    if (node < rows) {
      leave(node, branch, Infinity);
      continue;
    }
    const distance = merges.distances[node - rows] as number;
    const lambda = distance > 0 ? 1 / distance : Infinity;
    if (lambda === Infinity) {
      leave(node, branch, lambda);
      continue;
    }
    const parts = [merges.left[node - rows] as number, merges.right[node - rows] as number];
    const large = parts.filter((part) => sizeOf(part) >= least);
    for (const part of parts) if (sizeOf(part) < least) leave(part, branch, lambda);
    if (large.length < 2) {
      for (const part of large) open.push([part, branch]);
      continue;
    }
    const own = branches[branch] as Branch;
    own.stability += sizeOf(node) * excess(lambda, own.birth);
    for (const part of large) {
      open.push([part, branches.length]);
      branches.push({ parent: branch, birth: lambda, stability: 0 });
    }
  }
  return { branches, branchOf, lambdaOf };
}

/** Endless less endless is nothing: such rows were in no narrower branch. */
function excess(lambda: number, birth: number): number {
  return lambda === birth ? 0 : lambda - birth;
}

/** Edges, the shortest first, as merges of the parts that they join. */
function mergesOf({ from, to, distances }: SpanningTree, rows: number): Merges {
  const count = distances.length;
  const order = new Uint32Array(count)
    .map((_, edge) => edge)
    .sort((a, b) => (distances[a] as number) - (distances[b] as number) || a - b);
  const merges = {
    left: new Uint32Array(count),
    right: new Uint32Array(count),
    distances: new Float64Array(count),
    sizes: new Uint32Array(count),
  };
  const parents = Uint32Array.from({ length: rows + count }, (_, node) => node);
  const rootOf = (node: number): number => {
    let root = node;
    while (parents[root] !== root) root = parents[root] as number;
    for (let at = node; at !== root; ) {
      const next = parents[at] as number;
      parents[at] = root;
      at = next;
    }
    return root;
  };
  const sizeOf = (node: number): number =>
    node < rows ? 1 : (merges.sizes[node - rows] as number);
  for (const [i, edge] of order.entries()) {
    const left = rootOf(from[edge] as number);
    const right = rootOf(to[edge] as number);
    merges.left[i] = left;
    merges.right[i] = right;
    merges.distances[i] = distances[edge] as number;
    merges.sizes[i] = sizeOf(left) + sizeOf(right);
    parents[left] = rows + i;
    parents[right] = rows + i;
  }
  return merges;
}

function* rowsBelow(node: number, rows: number, merges: Merges): Generator<number> {
  const open = [node];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next < rows) yield next;
    else open.push(merges.left[next - rows] as number, merges.right[next - rows] as number);
  }
}
