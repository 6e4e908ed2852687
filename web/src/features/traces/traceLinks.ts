// Where a trace's links lead, and which span is open, when it stands in a pane of Explore instead of a page.
import { createContext, useContext } from 'react';

export interface TraceLinks {
  spanId: string;
  onSpan: (spanId: string) => void;
  /** Lines that mention a span's id. */
  logsAddress: (id: string, service: string) => string;
  traceAddress: (traceId: string, spanId: string) => string;
}

const TraceLinksContext = createContext<TraceLinks | undefined>(undefined);

export const TraceLinksProvider = TraceLinksContext.Provider;

export function useTraceLinks(): TraceLinks | undefined {
  return useContext(TraceLinksContext);
}
