/**
 * Applications of Microsoft itself. A token for one of them, sent to a Vault, could be used there by whoever runs it.
 * No such list is ever whole: that is why SEALWATCH_LOGIN_AUDIENCES names what is allowed. This one stands behind it.
 */
const microsoftApplications = [
  // Graph, the classic directory, Power BI and others; Office.
  /^0000000[0-9a-f]-0000-0000-c000-000000000000$/,
  /^0000000[0-9a-f]-0000-0ff1-ce00-000000000000$/,
  // What a token of one identity is exchanged for another's with, in each cloud.
  /^azureadtokenexchange/,
  /^797f4846-ba00-4fd7-ba43-dac1f8f63013$/, // Resource Manager
  /^cfa8b339-82a2-471a-a3c9-0fc0be7a4093$/, // Key Vault
  /^e406a681-f3d4-42a8-90b6-c2b029497af1$/, // Storage
  /^022907d3-0f1b-48f7-badc-1ba6abab6d66$/, // SQL
  /^123cd850-d9df-40bd-94d5-c9f07b7fa203$/, // PostgreSQL and MySQL
  /^a232010e-820c-4083-83bb-3ace5fc29d0b$/, // Cosmos DB
  /^2746ea77-4702-4b45-80ca-3c97e680e8b7$/, // Data Explorer
  /^80369ed6-5f11-4dd9-bef3-692475845e77$/, // Event Hubs
  /^80a10ef9-8168-493d-abf9-3297c4ef6e3c$/, // Service Bus
  /^880da380-985e-4198-81b9-e05b1cc53158$/, // AI Search
  /^35ffadb3-7fc1-497e-b61b-381d28e744cc$/, // App Configuration
  /^01fc33a7-78ba-4d2f-a4b7-768e336e890e$/, // Privileged Identity Management
  /^ca7f3f0b-7d91-482c-8e09-c5d840d0eac5$/, // Log Analytics
  /^f5c26e74-f226-4ae8-85f0-b4af0080ac9e$/, // Application Insights
  /^fc780465-2017-40d4-a0c5-307022471b92$/, // Defender for Endpoint
  /^73c2949e-da2d-457a-9607-fcc665198967$/, // Purview
  /^499b84ac-1321-427f-aa17-267ca6975798$/, // DevOps
  /^6dae42f8-4368-4678-94ff-3960e28e3630$/, // Kubernetes Service
  /^2ff814a6-3304-4ab8-85cb-cd0e6f879c1d$/, // Databricks
];

/** Domains under which nobody but Microsoft has names of services; customers' own (onmicrosoft.com) are none. */
const microsoftDomains = [
  'aadrm.com',
  'applicationinsights.io',
  'azconfig.io',
  'azmk8s.io',
  'azure-api.net',
  'azure-automation.net',
  'azure-devices.net',
  'azure.cn',
  'azure.com',
  'azure.net',
  'azure.us',
  'azurecr.io',
  'azuredatabricks.net',
  'azuredatalakestore.net',
  'azurehdinsight.net',
  'azurehealthcareapis.com',
  'azuresynapse.net',
  'chinacloudapi.cn',
  'cloud.microsoft',
  'cloudappsecurity.com',
  'dynamics.com',
  'live.com',
  'loganalytics.io',
  'microsoft.com',
  'microsoft.us',
  'microsoftazure.us',
  'microsoftonline.cn',
  'microsoftonline.com',
  'microsoftonline.us',
  'mspim.com',
  'office.com',
  'office.net',
  'office365.com',
  'office365.us',
  'outlook.com',
  'powerapps.com',
  'powerbi.com',
  'powerplatform.com',
  'sharepoint.com',
  'skype.com',
  'usgovcloudapi.net',
  'visualstudio.com',
  'windows.com',
  'windows.net',
  'windowsazure.com',
  'windowsazure.us',
  'yammer.com',
];
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const foreign =
  'must be an app registration of your own: a token for a Microsoft service must not be sent to a Vault';

function isMicrosoftHost(hostname: string): boolean {
  const host = hostname.replace(/\.$/, '');
  return microsoftDomains.some((domain) => host === domain || host.endsWith(`.${domain}`));
}

/**
 * What is wrong with the audience of a login token; undefined: nothing. It is an app registration made for that trust
 * domain, never Microsoft's (DESIGN, rule 16).
 */
export function audienceProblem(value: string): string | undefined {
  const application = value.toLowerCase().replace(/^(api|spn):\/*/, '');
  const parts = application.split('/');
  if (parts.some((part) => microsoftApplications.some((pattern) => pattern.test(part)))) return foreign;
  if (guid.test(application) || /^api:\/\/[^\s/?#]+(\/[^\s?#]*)?$/.test(value)) return undefined;
  if (/^https:\/\//i.test(value) && URL.canParse(value))
    return isMicrosoftHost(new URL(value).hostname) ? foreign : undefined;
  return 'must be an app registration: api://NAME, its id, or an https:// identifier';
}
