// A panel's queries as a page of Explore, with the dashboard's variables filled in.
import { SceneDataTransformer, SceneQueryRunner, sceneGraph, type VizPanel } from '@grafana/scenes';
import { asPipe, asRegex, interpolateDeep } from '../../datasources/frames/interpolate';
import { dataSources } from '../../datasources/frames/service';
import { findSource } from '../../datasources/frames/settings';

/** What Explore has pages for. */
const EXPLORED = new Set(['loki', 'tempo']);

export function exploreLink(panel: VizPanel): string | undefined {
  const { $data } = panel.state;
  const runner = $data instanceof SceneDataTransformer ? $data.state.$data : $data;
  if (!(runner instanceof SceneQueryRunner)) {
    return undefined;
  }
  const [query] = runner.state.queries;
  const reference = runner.state.datasource ?? query?.datasource;
  const uid = reference?.uid && sceneGraph.interpolate(panel, reference.uid);
  const source = findSource(dataSources.listed(), uid ? { ...reference, uid } : reference);
  if (!query || !source || !EXPLORED.has(source.type)) {
    return undefined;
  }
  const format = source.type === 'loki' ? asRegex : asPipe;
  const filled = interpolateDeep(query, (text) => sceneGraph.interpolate(panel, text, undefined, format));
  const datasource = { uid: source.uid, type: source.type };
  const { from, to } = sceneGraph.getTimeRange(panel).state.value.raw;
  const pane = {
    datasource: source.uid,
    queries: [{ ...filled, datasource, editorMode: 'code' }],
    range: { from: bound(from), to: bound(to) },
  };
  return `/explore?schemaVersion=1&panes=${encodeURIComponent(JSON.stringify({ lft: pane }))}`;
}

function bound(value: unknown): string {
  return typeof value === 'string' ? value : String((value as { valueOf(): number }).valueOf());
}
