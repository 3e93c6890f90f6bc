/** Routes for people of the recover app; apart from other apps', so that no package contains two (package/). */
import { recover } from '../shared/compose.ts';
import { peopleOf } from './people-of.ts';

export const forPerson = peopleOf(() => recover());
