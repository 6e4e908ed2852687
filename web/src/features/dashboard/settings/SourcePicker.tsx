// Which data source a variable or an annotation asks.
import type { DataSourceRef } from '@grafana/schema';
import { Field, Select } from '@grafana/ui';
import type { SourceRef } from '../../../dashboard/model';
import { refOf } from '../../../dashboard/variables';
import { dataSources } from '../../../datasources/frames/service';
import { BUILT_IN, GRAFANA } from '../../../datasources/frames/settings';
import { useLocale } from '../../../i18n/context';

export interface SourcePickerProps {
  value: SourceRef | undefined;
  withGrafana?: boolean;
  onChange: (source: DataSourceRef) => void;
}

export function SourcePicker({ value, withGrafana, onChange }: SourcePickerProps) {
  const { t } = useLocale();
  const own = withGrafana ? BUILT_IN.filter(({ uid }) => uid === GRAFANA) : [];
  const sources = [...own, ...dataSources.listed()];
  return (
    <Field label={t('edit.source')}>
      <Select
        width={30}
        aria-label={t('edit.source')}
        options={sources.map(({ uid, name, type }) => ({ value: uid, label: name, description: type }))}
        value={refOf(value)?.uid ?? null}
        onChange={(choice) => {
          const source = sources.find(({ uid }) => uid === choice.value);
          if (source) {
            onChange({ uid: source.uid, type: source.type });
          }
        }}
      />
    </Field>
  );
}
