/** Workflows run other people's code with our token: by commit, and with no more rights than they name. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../..');
const files = globSync('.github/workflows/*.{yml,yaml}', { cwd: root });

interface Job {
  uses?: string;
  needs?: string;
  environment?: string;
  strategy?: { matrix: { app: string[] } };
  permissions?: Permissions;
  'timeout-minutes'?: number;
  steps?: { uses?: string; with?: Record<string, unknown>; run?: string }[];
}
type Permissions = string | Record<string, string>;
interface Workflow {
  on: Record<string, unknown>;
  permissions?: Permissions;
  jobs: Record<string, Job>;
}

const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');
const read = (file: string): Workflow => parse(textOf(file)) as Workflow;
const jobsOf = (file: string): [string, Job][] => Object.entries(read(file).jobs);

it('there is one that runs .ci/run', () => {
  const runs = files.flatMap(jobsOf).flatMap(([, { steps = [] }]) => steps.map(({ run }) => run));
  expect(runs).toContain('.ci/run');
});

describe.each(files.map((file) => ({ file })))('$file', ({ file }) => {
  it('takes every action by its commit, and says which version that is', () => {
    const used = jobsOf(file).flatMap(([, { uses, steps = [] }]) => [
      uses,
      ...steps.map((step) => step.uses),
    ]);
    // A path is this repository's own, at the commit that runs.
    const others = used.filter((each) => each !== undefined && !each.startsWith('./'));
    const pinned = /^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/;
    expect(others.filter((each) => !pinned.test(each ?? ''))).toEqual([]);
    for (const each of others) expect(textOf(file)).toMatch(new RegExp(`${each} # v\\d+\\.\\d+\\.\\d+\\n`));
  });

  it('names what its token may do, for all of it, and lets it write nothing but what a job asks for', () => {
    const { permissions, jobs } = read(file);
    expect(permissions).toBeTypeOf('object');
    expect(Object.values(permissions as Record<string, string>)).not.toContain('write');
    // An OIDC token is what a deployment is for; nothing else is written by any job.
    const written = Object.values(jobs).flatMap(({ permissions = {} }) =>
      typeof permissions === 'string'
        ? [permissions]
        : Object.keys(permissions).filter((name) => permissions[name] === 'write'),
    );
    expect(written.filter((name) => name !== 'id-token')).toEqual([]);
  });

  it('runs no code of a stranger with rights, and puts nothing of an event into a script', () => {
    const { on } = read(file);
    expect(Object.keys(on)).not.toContain('pull_request_target');
    expect(Object.keys(on)).not.toContain('workflow_run');
    const scripts = jobsOf(file).flatMap(([, { steps = [] }]) => steps.map(({ run = '' }) => run));
    for (const script of scripts)
      expect(script).not.toMatch(/\$\{\{\s*(github\.event|github\.head_ref|inputs)/);
  });

  it('leaves no token in the checkout, and has an end', () => {
    for (const [, job] of jobsOf(file)) {
      for (const { uses = '', with: given = {} } of job.steps ?? [])
        if (uses.startsWith('actions/checkout@')) expect(given['persist-credentials']).toBe(false);
      if (job.steps) expect(job['timeout-minutes']).toBeGreaterThan(0);
    }
  });
});

describe('the workflow that deploys', () => {
  const file = '.github/workflows/deploy.yml';
  const { on, permissions, jobs } = read(file);
  const [building, deploying, ...others] = Object.values(jobs);
  const actions = (job: Job | undefined) => (job?.steps ?? []).map(({ uses = '' }) => uses.split('@')[0]);

  it('begins by a person or a release tag, never by a pull request or a branch', () => {
    expect(on).toEqual({ workflow_dispatch: null, push: { tags: ['v*.*.*'] } });
  });

  it('has one job that builds without an identity, and one for each app that has nothing else', () => {
    expect(others).toEqual([]);
    expect(permissions).toEqual({ contents: 'read' });
    expect(building?.permissions).toBeUndefined();
    expect(building?.environment).toBeUndefined();
    expect(deploying?.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
    // In the order in which they are approved: docs/upgrade.md.
    expect(deploying?.strategy?.matrix.app).toEqual(['recover', 'rotate', 'watch']);
    expect(textOf(file)).toContain('approve recover first, then rotate, then watch');
    expect(textOf('docs/upgrade.md')).toContain('Deploy **recover, then rotate, then watch**');
    expect(deploying?.environment).toBe('sealwatch-${{ matrix.app }}');
  });

  it('builds once, checks that, and deploys these bytes where no code of the repository or of npm runs', () => {
    expect(deploying?.needs).toBe('package');
    expect(actions(building)).toContain('actions/upload-artifact');
    expect(actions(deploying).filter((name) => name !== '')).toEqual([
      'actions/download-artifact',
      'azure/login',
    ]);
    const scripts = (job: Job | undefined) => (job?.steps ?? []).map(({ run = '' }) => run).join('\n');
    expect(scripts(building)).toContain('npm run package -- --check');
    expect(scripts(building)).toContain('cmp "build/$app.zip" "again/$app.zip"');
    expect(scripts(deploying)).toContain('sha256sum --check --strict');
    expect(scripts(deploying)).not.toMatch(/\bnpm\b|\bnode\b|\bgit\b/);
  });

  it('knows no secret: ids by variables, a token by OIDC', () => {
    expect(textOf(file)).not.toMatch(/\$\{\{[^}]*\b(secrets|github\.token)\b/);
    const login = deploying?.steps?.find(({ uses }) => uses?.startsWith('azure/login@'));
    expect(login?.with).toEqual({
      'client-id': '${{ vars.AZURE_CLIENT_ID }}',
      'tenant-id': '${{ vars.AZURE_TENANT_ID }}',
      'subscription-id': '${{ vars.AZURE_SUBSCRIPTION_ID }}',
    });
  });
});
