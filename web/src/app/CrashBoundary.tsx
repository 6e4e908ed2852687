// A defect in one page must leave a message and a way on, not an empty screen.
import { Button } from '@grafana/ui';
import { Component, type ReactNode } from 'react';
import { StateMessage } from '../components/StateMessage';
import { useLocale } from '../i18n/context';

interface Props {
  children: ReactNode;
}

interface State {
  error: Error | undefined;
}

export class CrashBoundary extends Component<Props, State> {
  override state: State = { error: undefined };

  static getDerivedStateFromError(error: Error): State {
    return { error };
  }

  override render(): ReactNode {
    return this.state.error ? <Crash message={this.state.error.message} /> : this.props.children;
  }
}

function Crash({ message }: { message: string }) {
  const { t } = useLocale();
  return (
    <StateMessage
      tone="error"
      title={t('common.crash')}
      hint={`${t('common.crashHint')} ${message}`}
      action={<Button onClick={() => location.reload()}>{t('common.reload')}</Button>}
    />
  );
}
