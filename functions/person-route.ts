/** Routes for people of the rotate app. Recover's are apart: no package contains two apps (package/). */
import { rotate } from '../shared/compose.ts';
import { peopleOf } from './people-of.ts';

export const forPersonOfRotate = peopleOf(() => rotate());
