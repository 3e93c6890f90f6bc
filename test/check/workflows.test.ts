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

/** GitHub takes Node 20 off its runners: from which major on each action's own action.yml says node24. */
const node24: Record<string, number> = {
  'actions/checkout': 5,
  'actions/setup-node': 5,
  'actions/setup-go': 6,
  'actions/upload-artifact': 6,
  'actions/download-artifact': 7,
  'azure/login': 3,
};
/** Of versions before that, which were here: a newer version's comment does not make them newer. */
const node20 = [
  'ea165f8d65b6e75b540449e92b4886f43607fa02',
  'd3f86a106a0bac45b974a628896c90dbdf5c8093',
  'a457da9ea143d694b1b9c7c869ebb04ebe844ef5',
];

/** What is wrong with a line of a workflow that uses an action. */
function wrongWith(line: string): string | undefined {
  const pin = /uses:\s*([\w.-]+\/[\w./-]+)@([0-9a-f]{40}) # v(\d+)\.\d+\.\d+$/.exec(line);
  if (!pin) return 'no commit, or no version';
  const [, action = '', commit = '', major] = pin;
  const from = node24[action];
  if (from === undefined) return 'nobody looked at its action.yml';
  return Number(major) < from || node20.includes(commit) ? 'Node 20' : undefined;
}

describe('an action', () => {
  const commit = '0123456789abcdef0123456789abcdef01234567';

  it.for([
    ['by a tag', 'uses: actions/checkout@v5'],
    ['by a tag that looks like a version', 'uses: actions/checkout@v5.0.0 # v5.0.0'],
    ['by a branch', 'uses: azure/login@main # v3.0.0'],
    ['by half a commit', `uses: azure/login@${commit.slice(20)} # v3.0.0`],
    ['without its version', `uses: azure/login@${commit}`],
    ['with a version that moves', `uses: azure/login@${commit} # v3`],
    ['of a version on Node 20', `uses: azure/login@${commit} # v2.3.0`],
    ['of a version that only supports Node 24', `uses: actions/upload-artifact@${commit} # v5.0.0`],
    ['of Node 20 under another name', `uses: azure/login@${node20[2]} # v3.0.0`],
    ['that nobody looked at', `uses: someone/something@${commit} # v9.0.0`],
  ])('%s is refused', ([, line = '']) => {
    expect(wrongWith(line)).toBeDefined();
  });

  it('by its commit, with its version, is taken', () => {
    expect(wrongWith(`      - uses: azure/login@${commit} # v3.0.0`)).toBeUndefined();
  });
});

describe.each(files.map((file) => ({ file })))('$file', ({ file }) => {
  it('takes every action by its commit, says which version that is, and none on Node 20', () => {
    const used = jobsOf(file).flatMap(([, { uses, steps = [] }]) => [
      uses,
      ...steps.map((step) => step.uses),
    ]);
    // A path is this repository's own, at the commit that runs.
    const others = used.filter((each) => each !== undefined && !each.startsWith('./'));
    const lines = textOf(file)
      .split('\n')
      .filter((line) => /^[\s-]*uses:/.test(line) && !/uses:\s*\.\//.test(line));
    expect(lines).toHaveLength(others.length);
    expect(lines.filter((line) => wrongWith(line)).map((line) => [line, wrongWith(line)])).toEqual([]);
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
