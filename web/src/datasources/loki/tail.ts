// Lines as they arrive: Loki's WebSocket, with new attempts when the connection breaks.
import { withQuery } from '../../api/http';
import { type LogEntry, parseEntry } from './logLine';
import { lokiPath } from './proxy';

export type TailPhase = 'connecting' | 'open' | 'waiting' | 'failed';

export interface TailHandlers {
  onEntries: (entries: LogEntry[], dropped: number) => void;
  /** `reason`: what the server said last, when it said anything. */
  onPhase: (phase: TailPhase, reason: string) => void;
}

interface TailFrame {
  streams?: { stream: Record<string, string>; values: [string, string][] }[] | null;
  dropped_entries?: unknown[] | null;
}

const FIRST_LINES = 50;
const RETRY_MS = [1000, 2000, 4000, 8000, 15_000];

export function tailAddress(uid: string, query: string, sinceMs: number): string {
  const { protocol, host } = window.location;
  const path = withQuery(lokiPath(uid, 'tail'), {
    query,
    limit: FIRST_LINES,
    start: `${Math.floor(sinceMs)}000000`,
  });
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}${path}`;
}

export function readFrame(text: string): { entries: LogEntry[]; dropped: number } {
  const frame = JSON.parse(text) as TailFrame;
  const entries = (frame.streams ?? []).flatMap(({ stream, values }) =>
    values.map(([timestampNs, line]) => parseEntry(timestampNs, line, stream)),
  );
  return { entries, dropped: frame.dropped_entries?.length ?? 0 };
}

/** Follows a query until the returned function is called. */
export function followTail(
  uid: string,
  query: string,
  handlers: TailHandlers,
  connect: (address: string) => WebSocket = (address) => new WebSocket(address),
): () => void {
  let socket: WebSocket | undefined;
  let timer: number | undefined;
  let attempts = 0;
  let stopped = false;
  let sinceMs = Date.now() - 5000;

  const open = () => {
    handlers.onPhase('connecting', '');
    socket = connect(tailAddress(uid, query, sinceMs));
    socket.onopen = () => {
      attempts = 0;
      handlers.onPhase('open', '');
    };
    socket.onmessage = (event: MessageEvent<string>) => {
      const { entries, dropped } = readFrame(event.data);
      sinceMs = entries.reduce((latest, entry) => Math.max(latest, entry.timeMs + 1), sinceMs);
      handlers.onEntries(entries, dropped);
    };
    socket.onclose = (event: CloseEvent) => {
      if (stopped) {
        return;
      }
      const delay = RETRY_MS[attempts];
      attempts += 1;
      // 1011: the server itself gave up, with a reason that another attempt would meet again.
      if (delay === undefined || (event.code === 1011 && event.reason !== '')) {
        handlers.onPhase('failed', event.reason);
        return;
      }
      handlers.onPhase('waiting', event.reason);
      timer = window.setTimeout(open, delay);
    };
  };
  open();
  return () => {
    stopped = true;
    window.clearTimeout(timer);
    socket?.close();
  };
}
