/** The fields of a JSON value and their types, without its values: what two servers must have in common. */
export type Shape = string | { [field: string]: Shape } | Shape[];

/** @param records names of fields whose keys are data (raft ids): all their values must have one shape. */
export function shapeOf(value: unknown, records: string[] = []): Shape {
  if (value === null) return 'null';
  if (Array.isArray(value)) return distinct(value.map((item) => shapeOf(item, records)));
  if (typeof value !== 'object') return typeof value;
  return Object.fromEntries(
    Object.entries(value).map(([field, inner]) => [
      field,
      records.includes(field)
        ? distinct(Object.values(inner as object).map((item) => shapeOf(item, records)))
        : shapeOf(inner, records),
    ]),
  );
}

function distinct(shapes: Shape[]): Shape[] {
  // Key order is not a difference.
  const seen = new Map(shapes.map((shape) => [JSON.stringify(sorted(shape)), shape]));
  return [...seen.keys()].sort().map((key) => seen.get(key) ?? '');
}

function sorted(shape: Shape): unknown {
  if (typeof shape === 'string' || Array.isArray(shape)) return shape;
  return Object.entries(shape)
    .map(([field, inner]): [string, unknown] => [field, sorted(inner)])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
