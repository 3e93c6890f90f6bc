/** Seals, rotations and sinks as fleet.yaml has them. */
export const application = '5d0c2f7e-91ab-4c3d-8e6f-7a1b2c3d4e5f';
export const ids =
  'tenant: 8c1f7a52-0d3e-4b7a-9a54-5d2f1c3e7b90, clientId: b7e6a1d4-52c9-4f0e-8f3b-2a9c6d0e4f11';

export const tokenFile = '/var/lib/sinks/token';
export const secretName = 'keyvault:https://kv-apps.vault.azure.net/secrets/seal';
export const transit = (more = `token: "file:${tokenFile}"`) =>
  `{type: transit, provider: root, key: k, ${more}}`;
export const azure = (more = `${ids}, clientSecret: "${secretName}"`) =>
  `{type: azurekeyvault, vault: kv-unseal, key: unseal, ${more}}`;

export const file = `node-file: {kind: file, path: ${tokenFile}}`;
export const vault = 'app-vault: {kind: keyVaultSecret, vault: KV-Apps, secret: seal}';
export const hook =
  'hook: {kind: webhook, url: "https://deploy.example.com", signingKeys: ["env:DEPLOY_KEY"]}';
export const token = (...sinks: string[]) => `{token: {role: seal}, sinks: {${sinks.join(', ')}}}`;
export const secret = (...sinks: string[]) =>
  `{secret: {application: ${application}}, sinks: {${sinks.join(', ')}}}`;

/** A fleet of `root` and clusters, each one a seal and a rotation. */
export const text = (clusters: Record<string, [seal: string, rotation: string]>) =>
  [
    'version: 1',
    'clusters:',
    '  root: {nodes: ["https://root-0:8200"]}',
    ...Object.entries(clusters).flatMap(([name, [seal, rotation]]) => [
      `  ${name}:`,
      `    nodes: ["https://${name}-0:8200"]`,
      `    seal: ${seal}`,
      `    rotation: ${rotation}`,
    ]),
    '',
  ].join('\n');
export const one = (seal: string, rotation: string) => text({ payments: [seal, rotation] });

/** Where most of them stand. */
export const c = 'clusters.payments';
export const withoutPlace = (told: string[]) =>
  told.map((line) => line.replace(/^line \d+, column \d+: /, ''));
