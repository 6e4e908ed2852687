import { describe, expect, test } from 'vitest';
import { decodeTrace, hexId } from './otlp';
import { buildTree, type Span, spanMatches, type Trace, visibleRows } from './trace';

const MS = 1_000_000n;

function span(
  spanId: string,
  parentId: string,
  startMs: number,
  durationMs: number,
  part: Partial<Span> = {},
): Span {
  return {
    spanId,
    parentId,
    service: 'order-service',
    name: spanId,
    kind: 'internal',
    status: 'unset',
    statusMessage: '',
    startNs: 1_700_000_000_000n * MS + BigInt(startMs) * MS,
    durationNs: BigInt(durationMs) * MS,
    attributes: [],
    resource: [],
    scope: '',
    events: [],
    links: [],
    ...part,
  };
}

const trace = (...spans: Span[]): Trace => ({ traceId: '1'.padStart(32, '0'), spans, warning: undefined });

describe('tree', () => {
  const spans = [
    span('late', 'root', 60, 30, { status: 'error', service: 'user-service' }),
    span('root', '', 0, 100),
    span('early', 'root', 10, 40),
    span('leaf', 'late', 65, 5),
    span('lost', 'gone', 20, 10),
  ];
  const tree = buildTree(trace(...spans));

  test('children hang below their parents by start; spans without their parent are roots', () => {
    const rows = visibleRows(tree.roots, new Set()).map(
      (node) => `${'-'.repeat(node.depth)}${node.span.spanId}`,
    );
    expect(rows).toEqual(['root', '-early', '-late', '--leaf', 'lost']);
    expect(tree.roots.map((node) => node.orphan)).toEqual([false, true]);
  });

  test('figures', () => {
    expect(tree).toMatchObject({
      durationMs: 100,
      errorCount: 1,
      depth: 3,
      services: ['order-service', 'user-service'],
    });
    expect(tree.roots[0]).toMatchObject({ selfMs: 30, descendants: 3, failedBelow: true });
  });

  test('collapsed spans hide what is below them', () => {
    const rows = visibleRows(tree.roots, new Set(['late'])).map((node) => node.span.spanId);
    expect(rows).toEqual(['root', 'early', 'late', 'lost']);
  });

  test('overlapping children are not counted twice', () => {
    const overlapping = buildTree(
      trace(span('a', '', 0, 100), span('b', 'a', 10, 50), span('c', 'a', 30, 50), span('d', 'a', 90, 50)),
    );
    expect(overlapping.roots[0]?.selfMs).toBe(20);
  });

  test('spans that name each other as parents still show', () => {
    const circle = buildTree(trace(span('a', 'b', 0, 10), span('b', 'a', 1, 5)));
    expect(visibleRows(circle.roots, new Set())).toHaveLength(2);
    expect(visibleRows(buildTree(trace(span('a', 'a', 0, 1))).roots, new Set())).toHaveLength(1);
  });

  test('a client and a server span with the same id', () => {
    expect(
      visibleRows(buildTree(trace(span('a', '', 0, 9), span('a', '', 1, 5))).roots, new Set()),
    ).toHaveLength(2);
  });
});

test('search looks at names, services and attributes', () => {
  const searched = span('s', '', 0, 1, {
    name: 'create_order',
    attributes: [{ name: 'user.id', value: 'Ada' }],
  });
  expect(['ORDER', 'user.id', 'ada', 'create'].every((text) => spanMatches(searched, text))).toBe(true);
  expect(spanMatches(searched, 'payment')).toBe(false);
});

describe('OTLP as Tempo writes it', () => {
  test('ids', () => {
    expect(hexId('AAAAAAAAAAE=')).toBe('0000000000000001');
    expect(hexId('0AF7651916CD43DD')).toBe('0af7651916cd43dd');
    expect(hexId('Cvdlx')).toBe('');
    expect(hexId(undefined)).toBe('');
  });

  test('spans with every kind of value', () => {
    const [decoded] = decodeTrace([
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'order-service' } }] },
        scopeSpans: [
          {
            scope: { name: 'shop', version: '1' },
            spans: [
              {
                spanId: 'AAAAAAAAAAE=',
                name: 'pay',
                kind: 'SPAN_KIND_CLIENT',
                startTimeUnixNano: '1700000000000000001',
                endTimeUnixNano: '1700000000000002001',
                attributes: [
                  { key: 'z', value: { intValue: '9007199254740993' } },
                  {
                    key: 'a',
                    value: { arrayValue: { values: [{ boolValue: true }, { doubleValue: 1.5 }] } },
                  },
                  {
                    key: 'm',
                    value: { kvlistValue: { values: [{ key: 'k', value: { stringValue: 'v' } }] } },
                  },
                  { key: 'f', value: { boolValue: false } },
                  { key: 'n', value: { intValue: '0' } },
                ],
                status: { code: 'STATUS_CODE_ERROR', message: 'no' },
              },
            ],
          },
        ],
      },
    ]);
    expect(decoded).toMatchObject({
      spanId: '0000000000000001',
      parentId: '',
      service: 'order-service',
      kind: 'client',
      status: 'error',
      statusMessage: 'no',
      durationNs: 2000n,
      scope: 'shop 1',
      attributes: [
        { name: 'a', value: '["true","1.5"]' },
        { name: 'f', value: 'false' },
        { name: 'm', value: '{"k":"v"}' },
        { name: 'n', value: '0' },
        { name: 'z', value: '9007199254740993' },
      ],
    });
  });

  test('a span that ends before it starts has no duration', () => {
    const [decoded] = decodeTrace([
      { scopeSpans: [{ spans: [{ startTimeUnixNano: '20', endTimeUnixNano: '10' }] }] },
    ]);
    expect(decoded).toMatchObject({
      durationNs: 0n,
      service: 'unknown',
      kind: 'unspecified',
      status: 'unset',
    });
  });
});
