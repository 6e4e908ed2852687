// The data sources that Explore can ask. Without a list (an older server, a user who may not read it) those that
// the stack provisions are offered.
import { useMemo } from 'react';
import { requestJson } from '../../../api/http';
import { useResource } from '../../../lib/useResource';

export interface DataSource {
  uid: string;
  name: string;
  type: string;
  isDefault: boolean;
  /** Of a Tempo source: where the metrics of its service graph are. */
  serviceMapUid: string | undefined;
}

interface ListedSource {
  uid: string;
  name: string;
  type: string;
  isDefault?: boolean;
  jsonData?: { serviceMap?: { datasourceUid?: string } };
}

const PROVISIONED: readonly DataSource[] = [
  { uid: 'loki', name: 'Loki', type: 'loki', isDefault: true, serviceMapUid: undefined },
  { uid: 'tempo', name: 'Tempo', type: 'tempo', isDefault: false, serviceMapUid: undefined },
];

const EXPLORED = new Set(['loki', 'tempo']);

export interface DataSources {
  /** Those that Explore has pages for. */
  offered: readonly DataSource[];
  find: (uid: string) => DataSource | undefined;
  /** Where a service graph's metrics are, if anywhere. */
  metricsFor: (tempoUid: string) => string | undefined;
}

export function useDataSources(): DataSources {
  const { data } = useResource('datasources', 'datasources', (signal) =>
    requestJson<ListedSource[]>('/api/datasources', { signal }).catch(() => undefined),
  );
  return useMemo(() => {
    const listed = Array.isArray(data) ? data.map(sourceOf) : [];
    const explored = listed.filter(({ type }) => EXPLORED.has(type));
    const offered = explored.length > 0 ? explored : PROVISIONED;
    const find = (uid: string) => [...listed, ...offered].find((source) => source.uid === uid);
    const metricsFor = (uid: string) =>
      find(uid)?.serviceMapUid ?? listed.find(({ type }) => type === 'prometheus')?.uid;
    return { offered, find, metricsFor };
  }, [data]);
}

function sourceOf({ uid, name, type, isDefault = false, jsonData }: ListedSource): DataSource {
  return { uid, name, type, isDefault, serviceMapUid: jsonData?.serviceMap?.datasourceUid };
}
