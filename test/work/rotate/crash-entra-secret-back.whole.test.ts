import { AzureServers } from './real/azure-servers.ts';
import { diesEverywhere } from './real/crash.ts';

diesEverywhere('entra-secret', 'back', () => AzureServers.start());
