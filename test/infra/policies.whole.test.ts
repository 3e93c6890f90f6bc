/** infra/ against the policies of checkov: none is broken, and each that is set aside says why. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { findCheckov } from '../servers/find-checkov.ts';
import { infra, readTemplates } from './bicep/template.ts';

const checkov = await findCheckov(process.env);
if (!checkov.found) console.warn(`NOT TESTED: infra/ against checkov's policies: ${checkov.why}`);

const Checks = z.array(z.object({ check_id: z.string(), file_path: z.string(), resource: z.string() }));
const Report = z.object({
  results: z.object({
    failed_checks: Checks,
    skipped_checks: Checks,
    passed_checks: Checks,
    parsing_errors: z.array(z.string()),
  }),
});

/** Without CKV_PARSE_ERROR_FAIL a file that it cannot read passes. */
async function judge(folder: string): Promise<{ code: number; results: z.infer<typeof Report>['results'] }> {
  const args = ['-m', 'checkov.main', '-d', folder, '--framework', 'bicep', '--skip-download', '-o', 'json'];
  const python = checkov.found ? checkov.python : 'python3';
  const env = { ...process.env, CKV_PARSE_ERROR_FAIL: 'true', LOG_LEVEL: 'ERROR' };
  return new Promise((resolve, reject) => {
    const options = { env, timeout: 100_000, maxBuffer: 64 * 1024 * 1024 };
    execFile(python, args, options, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(error);
      else if (stderr.includes('Traceback')) reject(new Error(stderr.slice(0, 2000)));
      else resolve({ code: Number(error?.code ?? 0), results: Report.parse(JSON.parse(stdout)).results });
    });
  });
}

// Under CI=true what is skipped counts as failed (test/suites.ts): there it must run.
describe.skipIf(!checkov.found)("checkov's policies", { timeout: 120_000 }, () => {
  let results: z.infer<typeof Report>['results'];
  beforeAll(async () => {
    ({ results } = await judge(infra));
  }, 120_000);

  it('every file was read', () => {
    expect(results.parsing_errors).toEqual([]);
    expect(results.passed_checks.length).toBeGreaterThan(30);
  });

  it('none is broken', () => {
    expect(results.failed_checks).toEqual([]);
  });

  it('finds what is broken, and what it cannot read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sealwatch-checkov-'));
    try {
      writeFileSync(
        join(folder, 'open.bicep'),
        "resource a 'Microsoft.Storage/storageAccounts@2024-01-01' = {\n  name: 'open'\n  properties: {\n    allowBlobPublicAccess: true\n    supportsHttpsTrafficOnly: false\n  }\n}\n",
      );
      writeFileSync(join(folder, 'broken.bicep'), 'resource a = {\n');
      const { code, results: found } = await judge(folder);
      expect(code).not.toBe(0);
      expect(found.parsing_errors).toHaveLength(1);
      expect(found.failed_checks.map(({ check_id }) => check_id)).toContain('CKV_AZURE_3');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('each that is set aside says why', async () => {
    const said = [...(await readTemplates()).values()].flatMap(({ path, text }) =>
      [...text.matchAll(/checkov:skip=(\w+)(.*)/g)].map(([, id, why = '']) => ({
        path: `/${path}`,
        id,
        why,
      })),
    );
    expect(said.filter(({ why }) => !/^: \S.{20,}$/.test(why))).toEqual([]);
    const aside = results.skipped_checks.map(({ check_id, file_path }) => `${file_path} ${check_id}`);
    expect(said.map(({ path, id }) => `${path} ${id}`).sort()).toEqual([...new Set(aside)].sort());
  });
});
