import { AzureServers } from './real/azure-servers.ts';
import { diesEverywhere } from './real/crash.ts';

diesEverywhere('keyvault-key', 'then back', () => AzureServers.start());
diesEverywhere('keyvault-key', 'back', () => AzureServers.start());
