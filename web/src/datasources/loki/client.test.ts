import { expect, test } from 'vitest';
import { compareNs, entriesOf, msToNs } from './client';

const answer = {
  data: {
    resultType: 'streams',
    result: [
      {
        stream: { service_name: 'a' },
        values: [
          ['1700000000000000003', 'third'],
          ['1700000000000000001', 'first'],
        ] as [string, string][],
      },
      { stream: { service_name: 'b' }, values: [['1700000000000000002', 'second']] as [string, string][] },
    ],
  },
};

test('streams become one list by time, to the nanosecond', () => {
  expect(entriesOf(answer, 'forward').map((entry) => entry.line)).toEqual(['first', 'second', 'third']);
  expect(entriesOf(answer, 'backward').map((entry) => entry.line)).toEqual(['third', 'second', 'first']);
});

test('what is attached to a line is kept apart from the labels of its stream', () => {
  const metadata = { trace_id: '0af7651916cd43dd8448eb211c80319c' };
  const [entry] = entriesOf(
    {
      data: {
        resultType: 'streams',
        result: [
          {
            stream: { job: 'x' },
            values: [['1700000000000000001', 'text', { structuredMetadata: metadata }]],
          },
        ],
      },
    },
    'forward',
  );
  expect(entry).toMatchObject({ labels: { job: 'x' }, metadata, traceId: metadata.trace_id });
});

test('nanoseconds compare as integers of any length', () => {
  expect(compareNs('9', '10')).toBeLessThan(0);
  expect(compareNs('1700000000000000001', '1700000000000000000')).toBeGreaterThan(0);
  expect(compareNs('5', '5')).toBe(0);
});

test('milliseconds become nanoseconds without rounding errors', () => {
  expect(msToNs(1700000000123.9)).toBe('1700000000123000000');
});
