import { Matrix } from "nigh";
import { seededRandom } from "../database/seeded-random.js";

const random = seededRandom(7);

/** Vectors around 50 centres, as those of texts are: random ones no graph finds. */
export function clustered(count: number, d: number): Matrix {
  const centres = Array.from({ length: 50 }, () =>
    Float32Array.from({ length: d }, () => random() - 0.5),
  );
  return Matrix.from(
    Array.from({ length: count }, (_, i) =>
      (centres[i % 50] as Float32Array).map((x) => x + 0.6 * (random() - 0.5)),
    ),
  );
}
