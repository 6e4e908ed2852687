// Turns an error into a sentence that says what to do.
import { ApiError } from '../api/http';
import type { Locale } from '../i18n/context';
import type { Translate } from '../i18n/translate';

export type Store = 'logs' | 'traces' | 'dashboard';

export function describeError(error: unknown, store: Store, t: Translate): string {
  if (!(error instanceof ApiError)) {
    return error instanceof Error ? error.message : String(error);
  }
  switch (error.kind) {
    case 'unreachable':
      return t('error.unreachable');
    case 'timeout':
      return t('error.timeout');
    case 'forbidden':
    case 'unauthorized':
      return t('error.forbidden');
    case 'badGateway':
      return t('error.badGateway', { store: t(`store.${store}`) });
    case 'badRequest':
      return t('error.badQuery', { message: error.message });
    default:
      return t('error.server', { status: error.status, message: error.message });
  }
}

/** Said next to data that is still shown although a refresh failed. */
export function staleNote(
  resource: { data: unknown; error: unknown; loadedAt: number | undefined },
  store: Store,
  { t, format }: Pick<Locale, 't' | 'format'>,
): string | undefined {
  const { data, error, loadedAt } = resource;
  return data === undefined || error === undefined || loadedAt === undefined
    ? undefined
    : t('common.stale', { message: describeError(error, store, t), time: format.clock(loadedAt) });
}
