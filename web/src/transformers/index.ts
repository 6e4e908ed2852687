// All transformations of a panel's data: those of @grafana/data, and the ones that Grafana keeps elsewhere.
import {
  type DataTransformerInfo,
  standardTransformers,
  standardTransformersRegistry,
  type TransformerRegistryItem,
} from '@grafana/data';
import { extractFields } from './extractFields';
import { heatmap } from './heatmap';
import { partitionByValues } from './partitionByValues';
import { prepareTimeSeries } from './prepareTimeSeries';

const OWN = [
  extractFields,
  partitionByValues,
  prepareTimeSeries,
  heatmap,
] as unknown as DataTransformerInfo[];

export function allTransformers(): DataTransformerInfo[] {
  const byId = new Map<string, DataTransformerInfo>();
  for (const info of [...(Object.values(standardTransformers) as DataTransformerInfo[]), ...OWN]) {
    if (!byId.has(info.id)) {
      byId.set(info.id, info);
    }
  }
  return [...byId.values()];
}

export function registerTransformers(): void {
  standardTransformersRegistry.setInit(() =>
    allTransformers().map(
      (info) =>
        ({
          id: info.id,
          name: info.name,
          description: info.description,
          transformation: () => Promise.resolve(info),
          editor: () => null,
          imageDark: '',
          imageLight: '',
        }) as TransformerRegistryItem,
    ),
  );
}

/** @grafana/data passes data through transformations that it does not know, without a word. */
export function unknownTransformations(transformations: readonly { id: string }[] | undefined): string[] {
  const known = new Set(allTransformers().map((info) => info.id));
  return (transformations ?? []).map(({ id }) => id).filter((id) => !known.has(id));
}
