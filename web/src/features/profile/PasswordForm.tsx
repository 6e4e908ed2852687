// A new password: the old one is asked for again, and all other sessions end.
import { Alert, Button, Field, Input } from '@grafana/ui';
import { useState } from 'react';
import { ApiError } from '../../api/http';
import { changePassword } from '../../api/session';
import { useLocale } from '../../i18n/context';
import { describeError } from '../../lib/errors';

type Outcome = { kind: 'changed' } | { kind: 'failed'; error: unknown };

export function PasswordForm() {
  const { t } = useLocale();
  const [old, setOld] = useState('');
  const [fresh, setFresh] = useState('');
  const [again, setAgain] = useState('');
  const [outcome, setOutcome] = useState<Outcome>();
  const differs = again !== '' && again !== fresh;
  const submit = async () => {
    try {
      await changePassword(old, fresh);
      setOutcome({ kind: 'changed' });
      setOld('');
      setFresh('');
      setAgain('');
    } catch (error) {
      setOutcome({ kind: 'failed', error });
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Field label={t('profile.oldPassword')}>
        <Input
          id="password-old"
          type="password"
          autoComplete="current-password"
          value={old}
          onChange={(event) => setOld(event.currentTarget.value)}
        />
      </Field>
      <Field label={t('profile.newPassword')}>
        <Input
          id="password-new"
          type="password"
          autoComplete="new-password"
          value={fresh}
          onChange={(event) => setFresh(event.currentTarget.value)}
        />
      </Field>
      <Field
        label={t('profile.repeatPassword')}
        invalid={differs}
        error={differs ? t('profile.passwordsDiffer') : undefined}
      >
        <Input
          id="password-again"
          type="password"
          autoComplete="new-password"
          value={again}
          onChange={(event) => setAgain(event.currentTarget.value)}
        />
      </Field>
      {outcome?.kind === 'changed' && <Alert severity="success" title={t('profile.passwordChanged')} />}
      {outcome?.kind === 'failed' && <Alert severity="error" title={reasonOf(outcome.error, t)} />}
      <Button type="submit" disabled={old === '' || fresh === '' || fresh !== again}>
        {t('profile.changePassword')}
      </Button>
    </form>
  );
}

function reasonOf(error: unknown, t: ReturnType<typeof useLocale>['t']): string {
  if (error instanceof ApiError && error.kind === 'unauthorized') {
    return t('profile.wrongPassword');
  }
  return error instanceof ApiError && error.kind === 'badRequest'
    ? error.message
    : describeError(error, 'dashboard', t);
}
