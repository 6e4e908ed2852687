// The variables of a dashboard, in the order in which they stand above it.
import type { Variable } from '../../../dashboard/model';
import { useLocale } from '../../../i18n/context';
import { ListEditor } from './ListEditor';
import type { TabProps } from './SettingsDrawer';
import { VariableForm } from './VariableForm';
import { definitionOf, freeName, newVariable } from './variable';

export function VariablesTab({ draft, onChange }: TabProps) {
  const { t } = useLocale();
  const list = draft.templating?.list ?? [];
  const names = list.map(({ name }) => name);
  return (
    <ListEditor<Variable>
      entries={list}
      nameOf={({ name }) => name}
      detailOf={(variable) =>
        `${t.optional(`variable.type.${variable.type}`) ?? variable.type} · ${definitionOf(variable)}`
      }
      emptyHint={t('variable.none')}
      addText={t('variable.add')}
      make={() => newVariable('query', freeName('variable', names))}
      copyOf={(variable) => ({ ...structuredClone(variable), name: freeName(variable.name, names) })}
      form={(variable, change) => (
        <VariableForm
          variable={variable}
          taken={names.filter((name) => name !== variable.name)}
          onChange={change}
        />
      )}
      onChange={(variables) => onChange({ ...draft, templating: { ...draft.templating, list: variables } })}
    />
  );
}
