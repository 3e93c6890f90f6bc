import { text } from './text.ts';

/**
 * Applications of Microsoft itself: Graph, the classic directory, Office (0000000x-0000-0ff1-ce00-…), Resource
 * Manager, Key Vault, Storage, SQL. A token for one of them, sent to a Vault, could be used there by whoever runs it.
 */
const microsoftApplications = [
  /^0000000[0-9a-f]-0000-0000-c000-000000000000$/,
  /^0000000[0-9a-f]-0000-0ff1-ce00-000000000000$/,
  /^797f4846-ba00-4fd7-ba43-dac1f8f63013$/,
  /^cfa8b339-82a2-471a-a3c9-0fc0be7a4093$/,
  /^e406a681-f3d4-42a8-90b6-c2b029497af1$/,
  /^022907d3-0f1b-48f7-badc-1ba6abab6d66$/,
];
const microsoftHosts =
  /(^|\.)(microsoft\.com|microsoftonline\.com|windows\.net|windows\.com|azure\.(com|net|us|cn)|azure-api\.net|usgovcloudapi\.net|chinacloudapi\.cn|windowsazure\.(com|us)|office\.(com|net)|office365\.com|outlook\.com|sharepoint\.com|dynamics\.com|powerbi\.com|azuredatabricks\.net)$/;
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Rule 16: the audience of a login token is an app registration made for that trust domain, never Microsoft's. */
function check(value: string): string | undefined {
  const application = value.toLowerCase().replace(/^(api|spn):\/*/, '');
  const foreign =
    'must be an app registration of your own: a token for a Microsoft service must not be sent to a Vault';
  if (microsoftApplications.some((pattern) => pattern.test(application.split('/')[0] ?? ''))) return foreign;
  if (guid.test(application) || /^api:\/\/[^\s/?#]+(\/[^\s?#]*)?$/.test(value)) return undefined;
  if (/^https:\/\//i.test(value) && URL.canParse(value))
    return microsoftHosts.test(new URL(value).hostname.replace(/\.$/, '')) ? foreign : undefined;
  return 'must be an app registration: api://NAME, its id, or an https:// identifier';
}

export const audience = text(
  {
    description:
      "Audience of the Entra token: an app registration made for these Vaults, never one of Microsoft's services.",
    examples: ['api://vault-prod'],
  },
  check,
);
