import { decoded } from '../frameworks/plain-path.js';

/**
 * Finds values by method and path pattern. It may find too many, never too few; the framework's router decides later.
 * The cost grows with the segments of the path, not with the number of patterns.
 */
export class PathIndex<T> {
  readonly #root = newNode<T>();
  #depth = 0;

  /** @param method `GET`, …, or `ALL` */
  add(method: string, pattern: string, values: readonly T[]): void {
    let node = this.#root;
    const segments = segmentsOf(pattern);
    this.#depth = Math.max(this.#depth, segments.length);
    for (const segment of segments) {
      if (SPANS_SEGMENTS.test(segment)) {
        addTo(node.from, method, values);
        return;
      }
      node = childOf(node, segment);
    }
    addTo(node.at, method, values);
  }

  find(method: string, path: string): ReadonlySet<T> {
    const found = new Set<T>();
    const methods =
      method === 'HEAD' ? ['HEAD', 'GET', 'ALL'] : [method, 'ALL'];
    const collect = (sets: Node<T>['at']) => {
      for (const name of methods)
        for (const value of sets.get(name) ?? []) found.add(value);
    };
    let level = [this.#root];
    // No pattern has more segments, so the others count as one.
    for (const segment of segmentsOf(path, this.#depth + 2)) {
      for (const { from } of level) collect(from);
      level = level.flatMap(({ named, any }) =>
        [named.get(segment), any].filter((node) => node !== undefined),
      );
    }
    for (const { from, at } of level) {
      collect(from);
      collect(at);
    }
    return found;
  }
}

interface Node<T> {
  readonly named: Map<string, Node<T>>;
  /** Below a segment with a parameter. */
  any: Node<T> | undefined;
  /** The values of patterns that end here, by method. */
  readonly at: Map<string, Set<T>>;
  /** The values of patterns that match from here on, however many segments follow. */
  readonly from: Map<string, Set<T>>;
}

function newNode<T>(): Node<T> {
  return { named: new Map(), any: undefined, at: new Map(), from: new Map() };
}

function childOf<T>(node: Node<T>, segment: string): Node<T> {
  if (HAS_PARAMETER.test(segment)) return (node.any ??= newNode());
  const child = node.named.get(segment) ?? newNode<T>();
  node.named.set(segment, child);
  return child;
}

function addTo<T>(
  sets: Map<string, Set<T>>,
  method: string,
  values: readonly T[],
): void {
  const set = sets.get(method) ?? new Set();
  for (const value of values) set.add(value);
  sets.set(method, set);
}

/**
 * Decoded and in lower case, since routers may ignore both.
 *
 * @param limit counts the empty text before the first slash too
 */
function segmentsOf(path: string, limit?: number): string[] {
  // Stryker disable next-line MethodExpression: upper case would do as well
  const [, ...segments] = (decoded(path) ?? path)
    .toLowerCase()
    .replace(/\/$/, '')
    .split('/', limit);
  return segments;
}

/** Wildcards, optional groups, and regular expressions, which may contain a slash. */
const SPANS_SEGMENTS = /[*{}()?+[\]\\]/;
const HAS_PARAMETER = /:/;
