import { channelContract } from '../../contract/channel.ts';

channelContract('slack');
channelContract('teams');
channelContract('webhook');
