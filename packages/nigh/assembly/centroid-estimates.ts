/** Estimates of a row's squared distances to centroids by their codes, and how far off they can be. */
import { sumLanes, sumOf4 } from "./lanes";
import { codesOf, Layout, numberAt, tableAt } from "./blocks";
import { centroidCodes, Clusters } from "./clusters";

/** Makes a bound that float32 rounded a safe one. */
// @ts-ignore: decorators are AssemblyScript's
@inline export const ROUND_DOWN: f32 = 0.999999;

/** Outweighs what underflows in squares. */
// @ts-ignore: decorators are AssemblyScript's
@inline const TINY_SQUARE: f32 = 1e-36;

/**
 * Writes lower bounds of the squared distances to the chosen centroids to `lows`, and of distances to `bounds` unless that is 0.
 *
 * @returns a squared distance that at least one of them is within.
 */
export function estimateChosen(layout: Layout, block: usize, row: u32, clusters: Clusters, count: u32, bounds: usize): f32 {
  const stage = layout.full;
  const codes = codesOf(stage, block, row);
  const norm = numberAt(block, layout.norms, row);
  const scale = f32x4.splat(numberAt(block, stage.scales, row));
  const square = f32x4.splat(norm * norm);
  const norms = f32x4.splat(norm);
  const rests = f32x4.splat(numberAt(block, stage.rests, row));
  const longest = norm + clusters.longest;
  const slack = f32x4.splat(4 * layout.epsilon * longest * longest + TINY_SQUARE);
  const query = ASC_FEATURE_RELAXED_SIMD ? codes : clusters.query;
  const excess = i32x4.splat(
    ASC_FEATURE_RELAXED_SIMD
      ? 64 * load<i32>(block + stage.sums + ((<usize>row) << 2))
      : openRow(codes, stage.size, query),
  );
  let highs = f32x4.splat(Infinity);
  for (let c: u32 = 0; c < count; c += 4) {
    const last = count - 1;
    const j0 = <u32>tableAt(clusters.chosen, c);
    const j1 = <u32>tableAt(clusters.chosen, min(c + 1, last));
    const j2 = <u32>tableAt(clusters.chosen, min(c + 2, last));
    const j3 = <u32>tableAt(clusters.chosen, min(c + 3, last));
    const raw = productsWith4(
      query,
      stage.size,
      centroidCodes(layout, clusters, j0),
      centroidCodes(layout, clusters, j1),
      centroidCodes(layout, clusters, j2),
      centroidCodes(layout, clusters, j3),
    );
    const products = i32x4.sub(raw, excess);
    const t0 = v128.load(clusters.terms + ((<usize>j0) << 4));
    const t1 = v128.load(clusters.terms + ((<usize>j1) << 4));
    const t2 = v128.load(clusters.terms + ((<usize>j2) << 4));
    const t3 = v128.load(clusters.terms + ((<usize>j3) << 4));
    const a = v128.shuffle<i32>(t0, t1, 0, 4, 1, 5);
    const b = v128.shuffle<i32>(t2, t3, 0, 4, 1, 5);
    const d = v128.shuffle<i32>(t0, t1, 2, 6, 3, 7);
    const e = v128.shuffle<i32>(t2, t3, 2, 6, 3, 7);
    const factors = v128.shuffle<i32>(a, b, 0, 1, 4, 5);
    const squares = v128.shuffle<i32>(a, b, 2, 3, 6, 7);
    const twoNorms = v128.shuffle<i32>(d, e, 0, 1, 4, 5);
    const twoRests = v128.shuffle<i32>(d, e, 2, 3, 6, 7);
    const twice = f32x4.mul(f32x4.mul(f32x4.convert_i32x4_s(products), factors), scale);
    const middle = f32x4.sub(f32x4.add(square, squares), twice);
    const error = f32x4.add(f32x4.add(f32x4.mul(rests, twoNorms), f32x4.mul(norms, twoRests)), slack);
    const low = f32x4.sub(middle, error);
    // Of NaN nothing is known.
    highs = f32x4.pmin(highs, f32x4.add(middle, error));
    v128.store(clusters.lows + ((<usize>c) << 2), low);
    if (bounds != 0) {
      const roots = f32x4.mul(f32x4.sqrt(f32x4.pmax(f32x4.splat(0), low)), f32x4.splat(ROUND_DOWN));
      v128.store32_lane(bounds + ((<usize>j0) << 2), roots, 0);
      v128.store32_lane(bounds + ((<usize>j1) << 2), roots, 1);
      v128.store32_lane(bounds + ((<usize>j2) << 2), roots, 2);
      v128.store32_lane(bounds + ((<usize>j3) << 2), roots, 3);
    }
  }
  return min(
    min(f32x4.extract_lane(highs, 0), f32x4.extract_lane(highs, 1)),
    min(f32x4.extract_lane(highs, 2), f32x4.extract_lane(highs, 3)),
  );
}

/** Raw products of a row, as `openRow` gives its address, with 4 centroids, one in each lane. */
// @ts-ignore: decorators are AssemblyScript's
@inline function productsWith4(row: usize, size: usize, c0: usize, c1: usize, c2: usize, c3: usize): v128 {
  let s0 = i32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (let i: usize = 0; i < size; i += 16) {
    const even = ASC_FEATURE_RELAXED_SIMD ? v128.load(row + ((i & ~63) << 2) + (i & 63)) : v128.load(row + 2 * i);
    const odd = ASC_FEATURE_RELAXED_SIMD ? even : v128.load(row + 2 * i, 16);
    s0 = multiply(even, odd, c0 + i, s0);
    s1 = multiply(even, odd, c1 + i, s1);
    s2 = multiply(even, odd, c2 + i, s2);
    s3 = multiply(even, odd, c3 + i, s3);
  }
  return sumOf4(s0, s1, s2, s3);
}

// @ts-ignore: decorators are AssemblyScript's
@inline function multiply(even: v128, odd: v128, codes: usize, sum: v128): v128 {
  const v = v128.load(codes);
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_dot_i8x16_i7x16_add_s(even, v, sum);
  return i32x4.add(sum, i32x4.add(i32x4.dot_i16x8_s(even, v), i32x4.dot_i16x8_s(odd, i16x8.shr_s(v, 8))));
}

/**
 * Makes a query of a row's codes, both as codes.ts describes them; with relaxed SIMD the row stays as it is.
 *
 * @returns what raw products are more than products.
 */
function openRow(codes: usize, size: u32, query: usize): i32 {
  let sums = i32x4.splat(0);
  for (let i: usize = 0; i < <usize>size; i += 16) {
    const v = v128.load(codes + ((i & ~63) << 2) + (i & 63));
    const even = i16x8.sub(v128.and(v, i16x8.splat(0xff)), i16x8.splat(128));
    v128.store(query + 2 * i, even);
    v128.store(query + 2 * i, i16x8.sub(i16x8.shr_s(v, 8), i16x8.shl(even, 8)), 16);
    sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_s(even));
  }
  return 128 * sumLanes(sums);
}
