// Finds and starts the Chromium that the system has; nothing is downloaded.
import fs from 'node:fs';
import { chromium } from 'playwright-core';

const CANDIDATES = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
];

export function findBrowser() {
  const found = CANDIDATES.find((candidate) => candidate && fs.existsSync(candidate));
  if (!found) {
    throw new Error(
      'No Chromium found: install one (Debian: apt-get install chromium, or make install-tools), or set CHROMIUM to its path.',
    );
  }
  return found;
}

export function launchBrowser() {
  return chromium.launch({
    executablePath: findBrowser(),
    // Root, as in containers and CI, may not use Chromium's sandbox; only our own pages are opened.
    args: [
      '--no-sandbox',
      '--disable-dev-shm-usage',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
    ],
  });
}
