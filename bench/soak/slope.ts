/** How fast a figure grows. Pure. */

export interface Point {
  /** Any unit. */
  readonly at: number;
  readonly value: number;
}

/** Least squares: by how much the value grows while `at` grows by one. Undefined with fewer than three points. */
export function slopeOf(points: readonly Point[]): number | undefined {
  if (points.length < 3) return undefined;
  const mean = (of: (point: Point) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [at, value] = [mean((one) => one.at), mean((one) => one.value)];
  const spread = points.reduce((sum, one) => sum + (one.at - at) ** 2, 0);
  if (spread === 0) return undefined;
  return points.reduce((sum, one) => sum + (one.at - at) * (one.value - value), 0) / spread;
}
