// Values deep inside options, by the dotted paths that panels give their options.

type Tree = Record<string, unknown>;

export function getPath(tree: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, key) => (value !== null && typeof value === 'object' ? (value as Tree)[key] : undefined),
      tree,
    );
}

/** A copy with the value in it; undefined removes what was there. */
export function setPath(tree: unknown, path: string, value: unknown): Tree {
  const [key = '', ...rest] = path.split('.');
  const copy: Tree = { ...(tree as Tree | undefined) };
  const next = rest.length > 0 ? setPath(copy[key], rest.join('.'), value) : value;
  if (next === undefined) {
    delete copy[key];
  } else {
    copy[key] = next;
  }
  return copy;
}
