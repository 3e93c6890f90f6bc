import { AzureServers } from './real/azure-servers.ts';
import { diesEverywhere } from './real/crash.ts';

diesEverywhere('keyvault-key', 'forward', () => AzureServers.start());
