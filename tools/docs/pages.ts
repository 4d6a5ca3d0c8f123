/** Every generated page by its name in `docs/`. */
import { CHECKS } from '../../checks/registry.ts';
import { apiPage, openApiFile } from './api.ts';
import { checksPage } from './checks.ts';
import { configPage } from './config.ts';
import { diagnosisPage } from './diagnosis.ts';
import { exitCodesPage } from './exit-codes.ts';
import { metricsPage } from './metrics.ts';

export const generatedPages = (): Readonly<Record<string, string>> => ({
  'api.md': apiPage(),
  'checks.md': checksPage(CHECKS),
  'config.md': configPage(CHECKS),
  'diagnosis.md': diagnosisPage(),
  'exit-codes.md': exitCodesPage(),
  'metrics.md': metricsPage(CHECKS),
  'openapi.json': openApiFile(),
});
