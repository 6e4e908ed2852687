import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { installBackGuard } from './app/backGuard';
import { initialLanguage } from './app/preferences';
import { prefillIcons } from './boot/icons';
import { initGrafanaLocale } from './boot/locale';
import './app/reset.css';

async function start(): Promise<void> {
  const root = document.getElementById('root');
  if (!root) {
    throw new Error('index.html has no #root');
  }
  const language = initialLanguage();
  prefillIcons();
  await initGrafanaLocale(language);
  createRoot(root).render(<App language={language} />);
}

installBackGuard();
void start();
