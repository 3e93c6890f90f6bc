/** Routes for people of the rotate app; apart from other apps', so that no package contains two (package/). */
import { rotate } from '../shared/compose.ts';
import { peopleOf } from './people-of.ts';

export const forPersonOfRotate = peopleOf(() => rotate());
