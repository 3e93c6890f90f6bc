import { audienceProblem } from '../login-audience.ts';
import { text } from './text.ts';

export const audience = text(
  {
    description:
      "Audience of the Entra token: an app registration made for these Vaults, never one of Microsoft's services.",
    examples: ['api://vault-prod'],
  },
  audienceProblem,
);
