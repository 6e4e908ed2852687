import { defineConfig, mergeConfig } from 'vitest/config';
import viteConfig from './vite.config';

export default mergeConfig(
  viteConfig,
  defineConfig({
    test: {
      include: ['src/**/*.test.{ts,tsx}'],
      environment: 'node',
      restoreMocks: true,
      // These packages import CommonJS ones by name, which only a bundler understands.
      server: { deps: { inline: [/@grafana\//, /react-use/, /react-inlinesvg/] } },
    },
  }),
);
