// What can be done with a line where there is more to do than on the logs page: Explore provides it.
import { createContext, useContext } from 'react';
import type { ValueFilter } from '../../datasources/loki/lineFilter';
import type { LogEntry } from '../../datasources/loki/logLine';

export interface LogActions {
  traceAddress: (entry: LogEntry) => string;
  splitAddress: (entry: LogEntry) => string;
  onFilterValue: (filter: ValueFilter, entry: LogEntry) => void;
  onContext: (entry: LogEntry) => void;
  /** Names shown instead of the line. */
  fields: readonly string[];
  onToggleField: (name: string) => void;
  /** How many lines of its kind a line stands for, besides itself. */
  repeatsOf: (entry: LogEntry) => number;
}

const LogActionsContext = createContext<LogActions | undefined>(undefined);

export const LogActionsProvider = LogActionsContext.Provider;

export function useLogActions(): LogActions | undefined {
  return useContext(LogActionsContext);
}

/** A field, a label, or something attached to the line, whatever has this name. */
export function fieldOf(entry: LogEntry, name: string): string | undefined {
  return (
    entry.fields?.find((field) => field.name === name)?.value ?? entry.metadata[name] ?? entry.labels[name]
  );
}
