// The queries of a panel: which source, and one editor for each query in the source's language.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Button, IconButton, InlineField, Input, Select, Stack, useStyles2 } from '@grafana/ui';
import { allPanels, type Dashboard, type Panel } from '../../dashboard/model';
import { refOf } from '../../dashboard/variables';
import type { StoreQuery } from '../../datasources/frames/StoreSource';
import { dataSources } from '../../datasources/frames/service';
import { BUILT_IN, DASHBOARD, findSource, type ListedSource, MIXED } from '../../datasources/frames/settings';
import { useLocale } from '../../i18n/context';
import { QueryEditor } from './QueryEditor';

export interface QueriesTabProps {
  panel: Panel;
  dashboard: Dashboard;
  onChange: (panel: Panel) => void;
}

function sourceOptions(dashboard: Dashboard): { value: string; label: string; type: string }[] {
  const variables = (dashboard.templating?.list ?? []).filter(({ type }) => type === 'datasource');
  return [
    ...[...dataSources.listed(), ...BUILT_IN].map(({ uid, name, type }) => ({
      value: uid,
      label: name,
      type,
    })),
    ...variables.map(({ name, query }) => ({
      value: `\${${name}}`,
      label: `\${${name}}`,
      type: String(query ?? ''),
    })),
  ];
}

export function QueriesTab({ panel, dashboard, onChange }: QueriesTabProps) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const targets = panel.targets ?? [];
  const options = sourceOptions(dashboard);
  const reference = refOf(panel.datasource) ?? refOf(targets[0]?.datasource);
  const source = findSource(dataSources.listed(), reference);
  const uid = reference?.uid ?? source?.uid;
  const setTargets = (next: StoreQuery[]) => onChange({ ...panel, targets: next });
  const choose = (value: string | undefined) => {
    const chosen = options.find((option) => option.value === value);
    if (!chosen) {
      return;
    }
    const datasource = { uid: chosen.value, type: chosen.type };
    const mixed = chosen.value === MIXED;
    const kept = targets.map((target) =>
      mixed ? { ...target, datasource: target.datasource ?? reference } : { ...target, datasource },
    );
    onChange({
      ...panel,
      datasource,
      targets: chosen.value === DASHBOARD ? [{ refId: 'A', datasource }] : kept,
    });
  };
  const add = () => {
    const used = new Set(targets.map(({ refId }) => refId));
    const refId =
      [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].find((letter) => !used.has(letter)) ?? `Q${targets.length}`;
    setTargets([...targets, { refId, datasource: uid === MIXED ? targets.at(-1)?.datasource : reference }]);
  };
  return (
    <Stack direction="column" gap={1.5}>
      <Stack direction="row" gap={1} wrap="wrap">
        <InlineField label={t('edit.source')}>
          <Select
            width={28}
            aria-label={t('edit.source')}
            options={options}
            value={uid}
            onChange={(choice) => choose(choice.value)}
          />
        </InlineField>
        <InlineField label={t('edit.maxPoints')}>
          <Input
            type="number"
            width={12}
            min={1}
            defaultValue={panel.maxDataPoints ?? ''}
            onBlur={(event) =>
              onChange({ ...panel, maxDataPoints: Number(event.currentTarget.value) || undefined })
            }
          />
        </InlineField>
        <InlineField label={t('edit.minInterval')}>
          <Input
            width={12}
            placeholder="15s"
            defaultValue={panel.interval ?? ''}
            onBlur={(event) => onChange({ ...panel, interval: event.currentTarget.value || undefined })}
          />
        </InlineField>
      </Stack>
      {uid === DASHBOARD ? (
        <PanelPicker panel={panel} dashboard={dashboard} onChange={setTargets} />
      ) : (
        targets.map((target, index) => (
          <div key={target.refId} className={styles.card}>
            <Stack direction="row" gap={1} alignItems="center">
              <strong>{target.refId}</strong>
              {uid === MIXED && (
                <Select
                  width={24}
                  aria-label={t('edit.source')}
                  options={options.filter(({ value }) => value !== MIXED)}
                  value={target.datasource?.uid}
                  onChange={(choice) =>
                    setTargets(
                      targets.map((one, at) =>
                        at === index ? { ...one, datasource: { uid: choice.value, type: choice.type } } : one,
                      ),
                    )
                  }
                />
              )}
              <span className={styles.gap} />
              <IconButton
                name={target.hide ? 'eye-slash' : 'eye'}
                aria-label={t(target.hide ? 'edit.queryShow' : 'edit.queryHide')}
                onClick={() =>
                  setTargets(targets.map((one, at) => (at === index ? { ...one, hide: !one.hide } : one)))
                }
              />
              <IconButton
                name="trash-alt"
                aria-label={t('edit.queryRemove', { name: target.refId })}
                onClick={() => setTargets(targets.filter((_, at) => at !== index))}
              />
            </Stack>
            <QueryEditor
              type={typeOf(target, source)}
              query={target}
              onChange={(next) => setTargets(targets.map((one, at) => (at === index ? next : one)))}
            />
          </div>
        ))
      )}
      {uid !== DASHBOARD && (
        <div>
          <Button size="sm" variant="secondary" icon="plus" onClick={add}>
            {t('edit.queryAdd')}
          </Button>
        </div>
      )}
    </Stack>
  );
}

function typeOf(target: StoreQuery, panelSource: ListedSource | undefined): string {
  const own = panelSource?.uid === MIXED ? findSource(dataSources.listed(), target.datasource) : panelSource;
  return own?.type ?? target.datasource?.type ?? '';
}

interface PanelPickerProps extends Omit<QueriesTabProps, 'onChange'> {
  onChange: (targets: StoreQuery[]) => void;
}

function PanelPicker({ panel, dashboard, onChange }: PanelPickerProps) {
  const { t } = useLocale();
  const target = panel.targets?.[0];
  return (
    <InlineField label={t('edit.sourcePanel')}>
      <Select
        width={40}
        aria-label={t('edit.sourcePanel')}
        options={allPanels(dashboard)
          .filter((candidate) => candidate.id !== panel.id && candidate.targets?.length)
          .map((candidate) => ({ value: candidate.id, label: candidate.title || `#${candidate.id}` }))}
        value={target?.panelId as number | undefined}
        onChange={(choice) => onChange([{ ...(target ?? { refId: 'A' }), panelId: choice.value }])}
      />
    </InlineField>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  card: css({
    padding: theme.spacing(1, 1.5),
    background: theme.colors.background.primary,
    border: `1px solid ${theme.colors.border.weak}`,
    borderRadius: theme.shape.radius.default,
  }),
  gap: css({ flex: 1 }),
});
