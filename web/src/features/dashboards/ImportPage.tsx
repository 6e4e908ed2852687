// A dashboard from a file or from text, with a data source of ours for each one that it asks for.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import {
  Alert,
  Button,
  Field,
  FileUpload,
  InlineSwitch,
  Input,
  Select,
  Stack,
  useStyles2,
} from '@grafana/ui';
import { useState } from 'react';
import { useNavigate } from 'react-router-dom';
import { importDashboard, listFolders } from '../../api/dashboards';
import { ApiError } from '../../api/http';
import { PageToolbar } from '../../components/PageToolbar';
import { type DashboardInput, inputsOf, parseImport } from '../../dashboard/exchange';
import type { Dashboard } from '../../dashboard/model';
import { listSources } from '../../datasources/frames/settings';
import { useLocale } from '../../i18n/context';
import { describeError } from '../../lib/errors';
import { useResource } from '../../lib/useResource';
import { JsonArea } from '../dashboard/JsonArea';

export function ImportPage() {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string>();
  const [dashboard, setDashboard] = useState<Dashboard>();
  const read = (content: string) => {
    const parsed = parseImport(content);
    const failed = typeof parsed === 'string';
    setProblem(failed ? t(`import.${parsed}`) : undefined);
    setDashboard(failed ? undefined : parsed);
  };
  return (
    <div className={styles.page}>
      <PageToolbar title={t('import.title')} />
      {problem && <Alert severity="error" title={problem} />}
      {dashboard ? (
        <ImportForm dashboard={dashboard} onBack={() => setDashboard(undefined)} />
      ) : (
        <>
          <p>{t('import.hint')}</p>
          <FileUpload
            accept="application/json,.json"
            onFileUpload={(event) => {
              void event.currentTarget.files?.[0]?.text().then((content) => {
                setText(content);
                read(content);
              });
            }}
          >
            {t('import.file')}
          </FileUpload>
          <div className={styles.text}>
            <JsonArea label={t('import.text')} value={text} rows={14} onChange={setText} />
          </div>
          <Button onClick={() => read(text)}>{t('import.load')}</Button>
        </>
      )}
    </div>
  );
}

function ImportForm({ dashboard, onBack }: { dashboard: Dashboard; onBack: () => void }) {
  const { t } = useLocale();
  const navigate = useNavigate();
  const [title, setTitle] = useState(dashboard.title);
  const [folderUid, setFolderUid] = useState('');
  const [overwrite, setOverwrite] = useState(false);
  const [values, setValues] = useState<Record<string, string>>({});
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const lists = useResource('import', 'import', (signal) =>
    Promise.all([listSources(signal), listFolders(signal).catch(() => [])]),
  );
  const [sources = [], folders = []] = lists.data ?? [];
  const inputs = inputsOf(dashboard);
  const candidates = (input: DashboardInput) =>
    sources.filter((source) => !input.pluginId || source.type === input.pluginId);
  const chosenFor = (input: DashboardInput) =>
    values[input.name] ??
    (input.type === 'datasource'
      ? candidates(input).length === 1
        ? candidates(input)[0]?.uid
        : undefined
      : input.value) ??
    '';
  const complete = title.trim() !== '' && inputs.every((input) => chosenFor(input) !== '');
  const submit = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const result = await importDashboard({
        dashboard: { ...dashboard, title, id: null },
        folderUid,
        overwrite,
        inputs: inputs.map((input) => ({ ...input, value: chosenFor(input) })),
      });
      navigate(result.importedUrl || `/d/${result.uid}`);
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  const exists = error instanceof ApiError && error.status === 412;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {error !== undefined && (
        <Alert severity="error" title={exists ? t('import.exists') : describeError(error, 'dashboard', t)}>
          {exists && t('import.existsHint')}
        </Alert>
      )}
      <Field label={t('edit.title')} required>
        <Input id="import-title" value={title} onChange={(event) => setTitle(event.currentTarget.value)} />
      </Field>
      <Field label={t('dashboards.folder')}>
        <Select
          aria-label={t('dashboards.folder')}
          options={[
            { value: '', label: t('dashboards.noFolder') },
            ...folders.map((folder) => ({ value: folder.uid, label: folder.title })),
          ]}
          value={folderUid}
          onChange={(choice) => setFolderUid(choice.value ?? '')}
        />
      </Field>
      {inputs.map((input) => (
        <Field
          key={input.name}
          required
          label={input.label || input.name}
          description={input.description || input.pluginName}
          invalid={input.type === 'datasource' && lists.data !== undefined && candidates(input).length === 0}
          error={t('import.noSource', { type: input.pluginId ?? '' })}
        >
          {input.type === 'datasource' ? (
            <Select
              aria-label={input.label || input.name}
              options={candidates(input).map((source) => ({ value: source.uid, label: source.name }))}
              value={chosenFor(input) || null}
              onChange={(choice) => setValues({ ...values, [input.name]: choice.value ?? '' })}
            />
          ) : (
            <Input
              value={chosenFor(input)}
              onChange={(event) => setValues({ ...values, [input.name]: event.currentTarget.value })}
            />
          )}
        </Field>
      ))}
      <Field>
        <InlineSwitch
          showLabel
          label={t('import.overwrite')}
          value={overwrite}
          onChange={(event) => setOverwrite(event.currentTarget.checked)}
        />
      </Field>
      <Stack direction="row" gap={1}>
        <Button type="submit" disabled={!complete || busy}>
          {t('import.import')}
        </Button>
        <Button variant="secondary" fill="outline" onClick={onBack}>
          {t('common.cancel')}
        </Button>
      </Stack>
    </form>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  page: css({ maxWidth: 760, margin: '0 auto' }),
  text: css({ marginTop: theme.spacing(2) }),
});
